//! Makes folders inside one another, and reads a file at their bottom by one long path.

use commands::{open, root};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let depth = commands::number(1, 1);
    let mut folder = root();
    for _ in 0..depth {
        folder
            .create_directory_at("d")
            .expect("a folder can be made");
        let access = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
        folder = open(&folder, "d", OpenFlags::DIRECTORY, access).expect("it can be opened");
    }
    let path = "/d".repeat(usize::try_from(depth).expect("a small number")) + "/bottom";
    std::fs::write(&path, "found").expect("a file can be written");
    println!(
        "{}",
        std::fs::read_to_string(&path).expect("the file can be read")
    );
}
