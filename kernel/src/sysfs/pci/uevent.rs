//! What a function is, from one read of `uevent`; from its single files where that does not serve.
//!
//! Left to others: everything else about the function.

use colvin_model::{DeviceId, PciClass, Symbol};

use super::Reader;
use crate::sysfs::device_path;
use crate::sysfs::error::SysfsError;
use crate::sysfs::read::malformed;
use crate::sysfs::symbols::is_name;

/// What a function is.
pub(super) struct Identity {
    pub(super) class: PciClass,
    pub(super) id: DeviceId,
    pub(super) subsystem: Option<DeviceId>,
    pub(super) driver: Option<Symbol>,
}

/// The lines of `uevent` that are of use.
#[derive(Default)]
struct Uevent {
    class: Option<PciClass>,
    id: Option<DeviceId>,
    subsystem: Option<DeviceId>,
    driver: Option<Symbol>,
    /// The first line that does not parse.
    strange: Option<(&'static str, String)>,
}

impl Reader<'_> {
    /// What the function is; `Ok(None)` when it has no `uevent`, an error when nothing tells.
    pub(super) fn identity(&mut self) -> Result<Option<Identity>, ()> {
        let symbols = &mut *self.symbols;
        let file = self.look.at("uevent");
        let read = self.look.root.attribute(file, "KEY=value lines", |text| {
            let mut uevent = Uevent::default();
            for line in text.lines() {
                uevent.take(line, |name| symbols.get(name));
            }
            (uevent.class.is_some() || uevent.id.is_some()).then_some(uevent)
        });
        match read {
            Ok(None) => Ok(None),
            Ok(Some(uevent)) => {
                if let Some((expected, line)) = &uevent.strange {
                    self.look.note(malformed(file, expected, line));
                }
                let class = uevent.class.or_else(|| self.class());
                let id = uevent.id.or_else(|| self.id());
                let (Some(class), Some(id)) = (class, id) else {
                    return self.unknown();
                };
                Ok(Some(Identity {
                    class,
                    id,
                    subsystem: uevent.subsystem,
                    driver: uevent.driver,
                }))
            }
            Err(error) => {
                self.look.note(error);
                let (Some(class), Some(id)) = (self.class(), self.id()) else {
                    return self.unknown();
                };
                Ok(Some(Identity {
                    class,
                    id,
                    subsystem: self.subsystem(),
                    driver: self.driver(),
                }))
            }
        }
    }

    /// Notes what is missing, where the files that are there did serve.
    fn unknown(&mut self) -> Result<Option<Identity>, ()> {
        if self.look.is_clean() {
            let path = self.look.at("vendor").shown();
            self.look.note(SysfsError::Missing { path });
        }
        Err(())
    }

    fn class(&mut self) -> Option<PciClass> {
        self.look
            .attribute("class", "a class such as 0x020000", |text| {
                let digits = text.strip_prefix("0x")?;
                u32::from_str_radix(digits, 16).ok().map(PciClass::new)
            })
    }

    fn id(&mut self) -> Option<DeviceId> {
        self.pair("vendor", "device")
    }

    fn subsystem(&mut self) -> Option<DeviceId> {
        self.pair("subsystem_vendor", "subsystem_device")
    }

    fn pair(&mut self, vendor: &str, device: &str) -> Option<DeviceId> {
        let number = |text: &str| u16::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let expected = "a number such as 0x8086";
        let vendor = self.look.attribute(vendor, expected, number)?;
        let device = self.look.attribute(device, expected, number)?;
        Some(DeviceId { vendor, device })
    }

    fn driver(&mut self) -> Option<Symbol> {
        let symbols = &mut *self.symbols;
        self.look.link("driver", "a link to a driver", |target| {
            let name = device_path::last(target);
            is_name(name).then(|| symbols.get(name))
        })
    }
}

impl Uevent {
    fn take(&mut self, line: &str, mut symbol: impl FnMut(&str) -> Symbol) {
        let Some((key, value)) = line.split_once('=') else {
            return;
        };
        let (expected, understood) = match key {
            "DRIVER" => {
                self.driver = is_name(value).then(|| symbol(value));
                ("DRIVER=name", self.driver.is_some())
            }
            "PCI_CLASS" => {
                let code = u32::from_str_radix(value, 16).ok();
                self.class = code.map(PciClass::new);
                ("PCI_CLASS=hexadecimal", self.class.is_some())
            }
            "PCI_ID" => {
                self.id = value.parse().ok();
                ("PCI_ID=vendor:device", self.id.is_some())
            }
            "PCI_SUBSYS_ID" => {
                self.subsystem = value.parse().ok();
                ("PCI_SUBSYS_ID=vendor:device", self.subsystem.is_some())
            }
            _ => return,
        };
        if !understood && self.strange.is_none() {
            self.strange = Some((expected, line.to_owned()));
        }
    }
}
