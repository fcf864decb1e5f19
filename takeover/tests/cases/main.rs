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

macro_rules! cases {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                run::run(include_str!(concat!("../configs/", stringify!($name), ".case")));
            }
        )+
    };
}

cases! {
    reg_06_like_addresses
    reg_07_pf_in_a_pod
    reg_07_pf_without_netdev
    reg_09_bad_entries
    sdp_01_two_pools
    sdp_02_names
    sdp_03_prefixes
    sdp_04_accelerators
    sdp_04_device_types
    sdp_05_topology
    sdp_06_first_version
    sdp_06_overlaps
    sdp_06_selector_lists
    sdp_07_operator
    sdp_07_repeated_keys
    sdp_08_everything
    sdp_08_ids_that_never_match
    sdp_09_addresses
    sdp_09_virtual_machine
    sdp_10_acpi_indexes
    sdp_11_malformed
    sdp_11_ranges
    sdp_11_union
    sdp_12_root_devices
    sdp_13_link_types
    sdp_14_ddp_profiles
    sdp_15_pkeys
    sdp_16_rdma
    sdp_16_rdma_kept
    sdp_16_rdma_or_vdpa
    sdp_17_vdpa
    sdp_18_vhost_net
    sdp_19_subfunctions
    sdp_20_additional_info
    sdp_30_functions_with_vfs
    sdp_30_odd_vfs
    sdp_30_the_nodes_own_links
    sdp_31_unbound_drivers
}
