//! Container images as files: an OCI layout in one tar, as `ctr images import` and the tools of
//! registries take it. The same files make the same bytes. It needs GNU tar and sha256sum, and no
//! container builder.
//!
//! Left to others: what is in an image (`crate::node`, `cargo xtask image`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::vm::process::checked;

/// An image of one layer, from scratch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Its full name with its tag, as a pod names it.
    pub name: String,
    /// Programs: the absolute path in the image, and the file it is copied from.
    pub programs: BTreeMap<String, PathBuf>,
    /// Symbolic links: the absolute path in the image, and where it points to.
    pub links: BTreeMap<String, String>,
    /// What is started.
    pub entrypoint: Vec<String>,
    /// As whom, `UID:GID`; empty: root.
    pub user: String,
    /// Environment variables, `NAME=value`.
    pub environment: Vec<String>,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
}

/// Writes an OCI layout with these images to the file `to`, and makes its folder.
///
/// # Errors
/// When a program cannot be read, a file not be written, or tar or sha256sum fails.
pub fn write(images: &[Image], to: &Path) -> Result<()> {
    let folder = to.parent().context("an image's file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let work = tempfile::tempdir_in(folder).context("making a folder for an image")?;
    let layout = Layout(work.path().join("layout"));
    fs::create_dir_all(layout.blobs()).context("making the layout's folders")?;
    let mut manifests = Vec::new();
    for (number, image) in images.iter().enumerate() {
        let stage = work.path().join(format!("image-{number}"));
        let manifest = layout.image(image, &stage);
        manifests.push(manifest.with_context(|| format!("making {}", image.name))?);
    }
    let index = json!({
        "schemaVersion": 2, "mediaType": media("index.v1+json"), "manifests": manifests,
    });
    layout.write("index.json", &index)?;
    layout.write("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))?;
    let made = work.path().join("made.tar");
    tar(&layout.0, &made)?;
    fs::rename(&made, to).with_context(|| format!("cannot put {} into place", to.display()))
}

fn media(kind: &str) -> String {
    format!("application/vnd.oci.image.{kind}")
}

/// The folder that becomes the tar.
struct Layout(PathBuf);

impl Layout {
    fn blobs(&self) -> PathBuf {
        self.0.join("blobs/sha256")
    }

    fn write(&self, name: &str, value: &Value) -> Result<()> {
        fs::write(self.0.join(name), value.to_string()).with_context(|| format!("writing {name}"))
    }

    /// Moves a file among the blobs; gives its descriptor.
    fn blob(&self, file: &Path, kind: &str) -> Result<Value> {
        let size = file.metadata().context("looking at a blob")?.len();
        let told = checked(Command::new("sha256sum").arg("--binary").arg(file))?;
        let sum = told.split(' ').next().unwrap_or_default();
        fs::rename(file, self.blobs().join(sum)).context("putting a blob into place")?;
        Ok(json!({"mediaType": media(kind), "digest": format!("sha256:{sum}"), "size": size}))
    }

    /// A JSON document among the blobs; gives its descriptor.
    fn document(&self, value: &Value, kind: &str) -> Result<Value> {
        let file = self.blobs().join("new");
        fs::write(&file, value.to_string()).context("writing a blob")?;
        self.blob(&file, kind)
    }

    /// An image's blobs; gives the descriptor of its manifest.
    fn image(&self, image: &Image, stage: &Path) -> Result<Value> {
        image.stage(stage)?;
        let file = self.blobs().join("new");
        tar(stage, &file)?;
        let layer = self.blob(&file, "layer.v1.tar")?;
        let config = self.document(&image.config(&layer), "config.v1+json")?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media("manifest.v1+json"),
            "config": config, "layers": [layer],
        });
        let mut descriptor = self.document(&manifest, "manifest.v1+json")?;
        let tag = image.name.rsplit(':').next().unwrap_or_default();
        if let Some(fields) = descriptor.as_object_mut() {
            let platform = json!({"os": "linux", "architecture": architecture()});
            fields.insert("platform".to_owned(), platform);
            let names = json!({
                "io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": tag,
            });
            fields.insert("annotations".to_owned(), names);
        }
        Ok(descriptor)
    }
}

impl Image {
    /// Its files in a folder of the machine.
    fn stage(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).context("making an image's folder")?;
        let place = |path: &str| -> Result<PathBuf> {
            let place = folder.join(path.trim_start_matches('/'));
            fs::create_dir_all(place.parent().unwrap_or(folder))
                .with_context(|| format!("making the folder of {path}"))?;
            Ok(place)
        };
        for (path, from) in &self.programs {
            let place = place(path)?;
            fs::copy(from, &place).with_context(|| format!("cannot copy {}", from.display()))?;
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&place, mode).with_context(|| format!("the mode of {path}"))?;
        }
        for (path, target) in &self.links {
            symlink(target, place(path)?).with_context(|| format!("linking {path}"))?;
        }
        Ok(())
    }

    fn config(&self, layer: &Value) -> Value {
        json!({
            "os": "linux", "architecture": architecture(),
            "config": {
                "Entrypoint": self.entrypoint, "User": self.user,
                "Env": self.environment, "Labels": self.labels,
            },
            // an uncompressed layer's digest is that of its content
            "rootfs": {"type": "layers", "diff_ids": [layer.get("digest")]},
        })
    }
}

/// This machine's type as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// A tar of a folder's content that says nothing of when and by whom it was made.
fn tar(folder: &Path, to: &Path) -> Result<()> {
    let how = ["--create", "--format=ustar", "--sort=name", "--mtime=@0"];
    let whose = ["--owner=0", "--group=0", "--numeric-owner"];
    let mut tar = Command::new("tar");
    tar.args(how).args(whose).arg("--mode=u+rwX,go=rX");
    tar.arg("--file").arg(to).arg("--directory").arg(folder);
    checked(tar.arg(".")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(folder: &Path) -> Image {
        let program = folder.join("program");
        fs::write(&program, "#!").unwrap();
        Image {
            name: "example.test/tool:1.2".to_owned(),
            programs: [("/bin/tool".to_owned(), program)].into(),
            links: [("/bin/also".to_owned(), "tool".to_owned())].into(),
            entrypoint: vec!["/bin/tool".to_owned()],
            user: "7:8".to_owned(),
            environment: vec!["PATH=/bin".to_owned()],
            labels: [("a".to_owned(), "b".to_owned())].into(),
        }
    }

    fn unpack(file: &Path, into: &Path) {
        fs::create_dir_all(into).unwrap();
        checked(Command::new("tar").arg("-xf").arg(file).arg("-C").arg(into)).unwrap();
    }

    fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
        let digest = descriptor["digest"].as_str().unwrap();
        let path = layout.join("blobs").join(digest.replace(':', "/"));
        assert_eq!(path.metadata().unwrap().len(), descriptor["size"]);
        let told = checked(Command::new("sha256sum").arg(&path)).unwrap();
        assert!(told.starts_with(digest.strip_prefix("sha256:").unwrap()));
        path
    }

    fn document(layout: &Path, descriptor: &Value) -> Value {
        serde_json::from_slice(&fs::read(blob(layout, descriptor)).unwrap()).unwrap()
    }

    #[test]
    fn an_image_is_a_layout_whose_blobs_are_named_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let (file, layout) = (folder.path().join("i.tar"), folder.path().join("layout"));
        write(&[image(folder.path())], &file).unwrap();
        unpack(&file, &layout);
        let index: Value =
            serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        let [named] = index["manifests"].as_array().unwrap().as_slice() else {
            panic!("{index}");
        };
        let name = &named["annotations"]["io.containerd.image.name"];
        assert_eq!(name, "example.test/tool:1.2");
        let manifest = document(&layout, named);
        let config = document(&layout, &manifest["config"]);
        let wanted = json!({
            "Entrypoint": ["/bin/tool"], "User": "7:8", "Env": ["PATH=/bin"], "Labels": {"a": "b"},
        });
        assert_eq!(config["config"], wanted);
        let layer = &manifest["layers"][0];
        assert_eq!(config["rootfs"]["diff_ids"][0], layer["digest"]);
        let root = folder.path().join("root");
        unpack(&blob(&layout, layer), &root);
        assert_eq!(fs::read_to_string(root.join("bin/also")).unwrap(), "#!");
        let mode = root.join("bin/tool").metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o755);
    }

    #[test]
    fn the_same_files_make_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["one.tar", "two.tar"].map(|name| folder.path().join(name));
        for file in &files {
            write(&[image(folder.path())], file).unwrap();
        }
        let [one, two] = files.map(|file| fs::read(file).unwrap());
        assert!(one == two);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let mut image = image(folder.path());
        image.programs = [("/x".to_owned(), PathBuf::from("/no/such"))].into();
        let error = write(&[image], &folder.path().join("i.tar")).unwrap_err();
        assert!(format!("{error:#}").contains("/no/such"), "{error:#}");
    }
}
