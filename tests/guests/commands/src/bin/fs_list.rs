//! Lists the directories that it was given, and what is in them.

fn main() {
    for (folder, name) in wasip2::filesystem::preopens::get_directories() {
        println!("folder {name}");
        let entries = folder.read_directory().expect("a folder can be listed");
        while let Some(entry) = entries
            .read_directory_entry()
            .expect("an entry can be read")
        {
            println!("entry {}", entry.name);
        }
    }
    println!("relative {:?}", std::fs::metadata("file").is_ok());
    println!("absolute {:?}", std::fs::metadata("/file").is_ok());
}
