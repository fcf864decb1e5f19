//! What is done to the cluster, and what must come of it. Each says what it leaves.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use colvin_testkit::cluster::text;
use colvin_testkit::cluster::{Cluster, SPACE, wait_until};

/// Green, whose pods are attached so, in the words of `spec.attach`.
pub(crate) fn green(attach: &str) -> String {
    format!(
        r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {{name: green}}
spec:
  members:
  - name: leaves
    neighbor: {{systemName: "leaf*", vlan: 110}}
  devices: {{functions: "0-1"}}
  attach: {{interfaceName: green, {attach}}}
"#
    )
}

/// How green's pods are attached: with a tag and an MTU that no default gives.
pub(crate) const TAGGED: &str = "vlan: 110, mtu: 1450";

/// The configuration that the bench gives the runtime.
const CONFLIST: &str = "/etc/cni/net.d/10-bench.conflist";

const ENTRY: &str = r#"{"type": "colvin-cni"}"#;

/// What the shell says on the first node.
pub(crate) fn on_node1(cluster: &Cluster, script: &str) -> Result<String> {
    let node1 = &cluster.nodes[0];
    node1.vm.sh(script)
}

/// The links of a pod on the first node, as `ip -j -d link` says them in its network namespace.
pub(crate) fn links_of(cluster: &Cluster, pod: &str) -> Result<Vec<Value>> {
    // a pod's sandbox is told by the name that the runtime gives its namespace's file
    let said = on_node1(
        cluster,
        &format!(
            "id=$(grep -l '\"K8S_POD_NAME\",\"{pod}\"' /var/lib/cni/results/* | head -1)
            netns=$(sed 's/.*\"netns\":\"\\([^\"]*\\)\".*/\\1/' $id)
            nsenter --net=$netns ip -j -d link"
        ),
    )?;
    serde_json::from_str(&said).with_context(|| said.clone())
}

/// What must be the same before and after a pod: the PF with its VFs' settings, and each function's netdev.
fn facts(cluster: &Cluster) -> Result<String> {
    on_node1(
        cluster,
        "ip -j -d link show pf0 | sed 's/\"operstate\":\"[A-Z]*\",//'
        for f in /sys/bus/pci/devices/*/physfn; do d=${f%/physfn}; echo ${d##*/} $(ls $d/net 2>/dev/null); done",
    )
}

pub(crate) fn journal(cluster: &Cluster) -> Result<String> {
    on_node1(
        cluster,
        "ls /var/lib/colvin/attachments 2>/dev/null || true",
    )
}

/// Leaves `green` made.
pub(crate) fn is_installed(cluster: &mut Cluster) -> Result<()> {
    for node in &cluster.nodes {
        let conflist = node.vm.sh(&format!("cat {CONFLIST}"))?;
        ensure!(
            conflist.contains(&format!(", {ENTRY}]}}")),
            "{}: {conflist}",
            node.name()
        );
        let said = node.vm.sh("/opt/cni/bin/colvin-cni 2>&1")?;
        ensure!(said.contains("a CNI plugin"), "{said}");
    }
    cluster.plane.apply(&green(TAGGED))?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// Leaves the pod `one`.
pub(crate) fn has_its_interface(cluster: &mut Cluster) -> Result<()> {
    cluster.ask("one", "green", 1)?;
    cluster.wait_until_running("one")?;
    let device = cluster.device_of("one", "node1")?;
    let links = links_of(cluster, "one")?;
    let shown = format!("{links:#?}");
    let link = |name: &str| links.iter().find(|link| text(link, "/ifname") == name);
    let eth0 = link("eth0").context("no eth0")?;
    ensure!(text(eth0, "/linkinfo/info_kind") == "veth", "{shown}");
    let green = link("green0").with_context(|| format!("no green0: {shown}"))?;
    ensure!(text(green, "/parentdev") == device, "{shown}");
    ensure!(
        green.pointer("/mtu").and_then(Value::as_u64) == Some(1450),
        "{shown}"
    );
    let pf = on_node1(cluster, "ip -j -d link show pf0")?;
    let pf: Value = serde_json::from_str(&pf)?;
    let vfs = pf
        .pointer("/0/vfinfo_list")
        .and_then(Value::as_array)
        .context("no VFs")?;
    let tagged = vfs
        .iter()
        .filter(|vf| vf.pointer("/vlan_list/0/vlan").and_then(Value::as_u64) == Some(110));
    ensure!(tagged.count() == 1, "{vfs:#?}");
    // and its container sees it
    let said = cluster
        .plane
        .kubectl(&["exec", "one", "--", "cat", "/sys/class/net/green0/mtu"])?;
    ensure!(said.trim() == "1450", "{said}");
    let (said, status) = cluster.colvin(&["path", "one"])?;
    println!("{said}");
    ensure!(status == Some(0) && said.contains(&device), "{said}");
    Ok(())
}

/// Leaves no pod.
pub(crate) fn goes_back(cluster: &mut Cluster) -> Result<()> {
    cluster.delete("one")?;
    wait_until("an empty journal", || {
        Ok(journal(cluster)?.trim().is_empty().then_some(()))
    })?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    let before = facts(cluster)?;
    for round in 1..=3 {
        cluster.ask("again", "green", 2)?;
        cluster.wait_until_running("again")?;
        let names: Vec<String> = links_of(cluster, "again")?
            .iter()
            .map(|link| text(link, "/ifname").to_owned())
            .collect();
        ensure!(
            names
                .iter()
                .filter(|name| name.starts_with("green"))
                .count()
                == 2,
            "{names:?}"
        );
        cluster.delete("again")?;
        let after = facts(cluster)?;
        ensure!(after == before, "round {round}:\n{after}\nwas\n{before}");
    }
    Ok(())
}

/// Somebody writes the configuration as his own.
pub(crate) fn is_repaired(cluster: &mut Cluster) -> Result<()> {
    let took = on_node1(
        cluster,
        &format!(
            "sed 's/, {{\"type\": \"colvin-cni\"}}//' {CONFLIST} >/run/own && ! grep -q colvin /run/own
            cat /run/own >{CONFLIST}
            for try in $(seq 600); do grep -q colvin {CONFLIST} && echo after $try looks && exit; sleep .1; done; exit 1"
        ),
    )?;
    println!("repaired {}", took.trim());
    Ok(())
}

/// The agents are away, and the configuration is another one: the pod that asks does not run, another does.
/// Leaves the agents running, and no pod.
pub(crate) fn gate_holds(cluster: &mut Cluster) -> Result<()> {
    let choose = |nowhere: &str| {
        let patch = format!(
            r#"{{"spec": {{"template": {{"spec": {{"nodeSelector": {{"nowhere": {nowhere}}}}}}}}}}}"#
        );
        let patch = [
            "patch",
            "daemonset",
            "colvin-agent",
            "--namespace",
            SPACE,
            "--patch",
            &patch,
        ];
        cluster.plane.kubectl(&patch)
    };
    // it has its device while the agent is there: whoever gives it out is ours
    cluster.ask("early", "green", 1)?;
    cluster.wait_until_running("early")?;
    choose("\"true\"")?;
    let held = without_agents(cluster);
    cluster.delete("early")?;
    choose("null")?;
    cluster.wait_for_rollout("daemonset/colvin-agent")?;
    held?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    let repaired = on_node1(cluster, &format!("cat {CONFLIST}"))?;
    ensure!(repaired.contains(ENTRY), "{repaired}");
    Ok(())
}

/// The sandbox of the pod `early` is made anew by a configuration that does not attach.
fn without_agents(cluster: &Cluster) -> Result<()> {
    wait_until("the agents' end", || {
        Ok(cluster.agents("node1")?.is_empty().then_some(()))
    })?;
    // one that is told to end still repairs what it sees
    on_node1(
        cluster,
        "for try in $(seq 600); do pgrep -x colvin-agent >/dev/null || exit 0; sleep .1; done; exit 1",
    )?;
    let kept = on_node1(cluster, &format!("cat {CONFLIST}"))?;
    ensure!(
        kept.contains(ENTRY),
        "an agent that comes back took the plugin away: {kept}"
    );
    on_node1(cluster, &format!("cat /run/own >{CONFLIST}"))?;
    on_node1(
        cluster,
        "for id in $(ctr -n k8s.io containers ls -q); do
            ctr -n k8s.io containers info $id | grep -q '\"io.kubernetes.pod.name\": \"early\"' &&
                ctr -n k8s.io task kill -s SIGKILL $id || true
        done",
    )?;
    let said = wait_until("the gate's refusal", || {
        let about = "--field-selector=involvedObject.name=early";
        let events = cluster.plane.get_json(&["events", about])?;
        let events = events.pointer("/items").and_then(Value::as_array);
        let mut events = events.into_iter().flatten();
        let refused = |event: &&Value| text(event, "/message").contains("must not run without it");
        let event = events.find(refused);
        Ok(event.map(|event| text(event, "/message").to_owned()))
    });
    println!("{}", said.with_context(|| cluster.story())?);
    // one that asks for nothing is kept up by nobody
    cluster.ask("plain", "green", 0)?;
    cluster.wait_until_running("plain")?;
    cluster.delete("plain")
}

/// Leaves the pod `kept`.
pub(crate) fn agent_killed(cluster: &mut Cluster) -> Result<()> {
    let before = facts(cluster)?;
    cluster.ask("kept", "green", 1)?;
    cluster.wait_until_running("kept")?;
    on_node1(cluster, "kill -9 $(pgrep -x colvin-agent)")?;
    let links = links_of(cluster, "kept")?;
    ensure!(
        links.iter().any(|link| text(link, "/ifname") == "green0"),
        "{links:#?}"
    );
    // with nobody to ask, it is undone by the journal
    cluster.delete("kept")?;
    let after = facts(cluster)?;
    ensure!(after == before, "{after}\nwas\n{before}");
    cluster.wait_for_rollout("daemonset/colvin-agent")?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// Leaves nothing.
pub(crate) fn is_uninstalled(cluster: &mut Cluster) -> Result<()> {
    cluster
        .plane
        .helm(&["uninstall", "colvin", "--namespace", SPACE, "--wait"])?;
    // one that is told to end has things to do yet
    wait_until("the agents' end", || {
        let pods = ["pods", "--namespace", SPACE];
        let pods = cluster.plane.get_json(&pods)?;
        let pods = pods.pointer("/items").and_then(Value::as_array);
        Ok(pods.is_some_and(Vec::is_empty).then_some(()))
    })?;
    for node in &cluster.nodes {
        let look = format!(
            "for try in $(seq 300); do grep -q colvin {CONFLIST} || break; sleep .1; done
            cat {CONFLIST}; ls -A /opt/cni/bin /etc/cni/net.d; ls /var/run/cdi /var/run/k8s.cni.cncf.io/devinfo/dp /var/lib/kubelet/plugins_registry 2>/dev/null || true"
        );
        let left = node.vm.sh(&look)?;
        ensure!(!left.contains("colvin"), "{}: {left}", node.name());
    }
    Ok(())
}
