//! Config files in the style of what people publish, on fixture machines: each pool and each message is as the
//! rows of the requirements say, written by hand in the case's file.
//!
//! Left to others: how a case is written down (`run`), the machines (`machine`), files of which nothing can be
//! served (`whole`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test"
)]

mod machine;
mod run;
mod whole;

#[test]
fn reg_06_like_addresses() {
    run::run(include_str!("../configs/reg_06_like_addresses.case"));
}

#[test]
fn reg_07_pf_in_a_pod() {
    run::run(include_str!("../configs/reg_07_pf_in_a_pod.case"));
}

#[test]
fn reg_07_pf_without_netdev() {
    run::run(include_str!("../configs/reg_07_pf_without_netdev.case"));
}

#[test]
fn reg_09_bad_entries() {
    run::run(include_str!("../configs/reg_09_bad_entries.case"));
}

#[test]
fn sdp_01_two_pools() {
    run::run(include_str!("../configs/sdp_01_two_pools.case"));
}

#[test]
fn sdp_02_names() {
    run::run(include_str!("../configs/sdp_02_names.case"));
}

#[test]
fn sdp_03_prefixes() {
    run::run(include_str!("../configs/sdp_03_prefixes.case"));
}

#[test]
fn sdp_04_accelerators() {
    run::run(include_str!("../configs/sdp_04_accelerators.case"));
}

#[test]
fn sdp_04_device_types() {
    run::run(include_str!("../configs/sdp_04_device_types.case"));
}

#[test]
fn sdp_04_other_classes() {
    run::run(include_str!("../configs/sdp_04_other_classes.case"));
}

#[test]
fn sdp_05_topology() {
    run::run(include_str!("../configs/sdp_05_topology.case"));
}

#[test]
fn sdp_06_first_version() {
    run::run(include_str!("../configs/sdp_06_first_version.case"));
}

#[test]
fn sdp_06_overlaps() {
    run::run(include_str!("../configs/sdp_06_overlaps.case"));
}

#[test]
fn sdp_06_selector_lists() {
    run::run(include_str!("../configs/sdp_06_selector_lists.case"));
}

#[test]
fn sdp_07_operator() {
    run::run(include_str!("../configs/sdp_07_operator.case"));
}

#[test]
fn sdp_07_repeated_keys() {
    run::run(include_str!("../configs/sdp_07_repeated_keys.case"));
}

#[test]
fn sdp_08_everything() {
    run::run(include_str!("../configs/sdp_08_everything.case"));
}

#[test]
fn sdp_08_ids_that_never_match() {
    run::run(include_str!("../configs/sdp_08_ids_that_never_match.case"));
}

#[test]
fn sdp_09_addresses() {
    run::run(include_str!("../configs/sdp_09_addresses.case"));
}

#[test]
fn sdp_09_virtual_machine() {
    run::run(include_str!("../configs/sdp_09_virtual_machine.case"));
}

#[test]
fn sdp_10_acpi_indexes() {
    run::run(include_str!("../configs/sdp_10_acpi_indexes.case"));
}

#[test]
fn sdp_11_malformed() {
    run::run(include_str!("../configs/sdp_11_malformed.case"));
}

#[test]
fn sdp_11_ranges() {
    run::run(include_str!("../configs/sdp_11_ranges.case"));
}

#[test]
fn sdp_11_union() {
    run::run(include_str!("../configs/sdp_11_union.case"));
}

#[test]
fn sdp_12_root_devices() {
    run::run(include_str!("../configs/sdp_12_root_devices.case"));
}

#[test]
fn sdp_13_link_types() {
    run::run(include_str!("../configs/sdp_13_link_types.case"));
}

#[test]
fn sdp_14_ddp_profiles() {
    run::run(include_str!("../configs/sdp_14_ddp_profiles.case"));
}

#[test]
fn sdp_15_pkeys() {
    run::run(include_str!("../configs/sdp_15_pkeys.case"));
}

#[test]
fn sdp_16_rdma() {
    run::run(include_str!("../configs/sdp_16_rdma.case"));
}

#[test]
fn sdp_16_rdma_kept() {
    run::run(include_str!("../configs/sdp_16_rdma_kept.case"));
}

#[test]
fn sdp_16_rdma_or_vdpa() {
    run::run(include_str!("../configs/sdp_16_rdma_or_vdpa.case"));
}

#[test]
fn sdp_17_vdpa() {
    run::run(include_str!("../configs/sdp_17_vdpa.case"));
}

#[test]
fn sdp_18_vhost_net() {
    run::run(include_str!("../configs/sdp_18_vhost_net.case"));
}

#[test]
fn sdp_19_subfunctions() {
    run::run(include_str!("../configs/sdp_19_subfunctions.case"));
}

#[test]
fn sdp_19_what_a_subfunction_has() {
    run::run(include_str!(
        "../configs/sdp_19_what_a_subfunction_has.case"
    ));
}

#[test]
fn sdp_20_additional_info() {
    run::run(include_str!("../configs/sdp_20_additional_info.case"));
}

#[test]
fn sdp_30_functions_with_vfs() {
    run::run(include_str!("../configs/sdp_30_functions_with_vfs.case"));
}

#[test]
fn sdp_30_odd_vfs() {
    run::run(include_str!("../configs/sdp_30_odd_vfs.case"));
}

#[test]
fn sdp_30_ports_of_a_bridge() {
    run::run(include_str!("../configs/sdp_30_ports_of_a_bridge.case"));
}

#[test]
fn sdp_30_the_nodes_own_links() {
    run::run(include_str!("../configs/sdp_30_the_nodes_own_links.case"));
}

#[test]
fn sdp_31_unbound_drivers() {
    run::run(include_str!("../configs/sdp_31_unbound_drivers.case"));
}
