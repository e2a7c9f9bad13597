//! Publishes nothing: it only reads what it would publish, traps, or takes an hour.

use stepwell_oracle::{Publisher, Release};

struct Reader;

impl Publisher for Reader {
    fn publish(config: String, release: Release) -> Result<String, String> {
        if config.contains("\"trap\"") {
            std::process::abort();
        }
        if config.contains("\"hang\"") {
            std::thread::sleep(std::time::Duration::from_secs(60 * 60));
        }
        let Some(workspace) = release.workspace else {
            return Err("it sees no files".to_owned());
        };
        let path = std::path::Path::new(&workspace).join(config);
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(format!("{} {text}", release.version.id))
    }
}

stepwell_oracle::publisher!(Reader);
