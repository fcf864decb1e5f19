//! Outcomes that need no machine.

use super::*;

#[test]
fn a_check_is_a_line_and_its_remedy_another() {
    let mut shown = Vec::new();
    let mut output = Output::plain(&mut shown);
    show(&mut output, &Check::ok("links", "3 by netlink")).unwrap();
    show(&mut output, &Check::fail("sysfs", "is \x1b[2J", "mount it")).unwrap();
    assert_eq!(
        String::from_utf8(shown).unwrap(),
        "OK   links: 3 by netlink\nFAIL sysfs: is \\x1b[2J\n     mount it\n"
    );
}
