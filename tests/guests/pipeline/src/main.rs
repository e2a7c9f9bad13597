//! Acts out its arguments, one after the other. An argument is a verb, a colon and what the verb
//! needs:
//!
//! - `say:TEXT` and `complain:TEXT` print a line to standard output and standard error;
//! - `env:NAME` prints a variable of the environment, or that there is none;
//! - `read:PATH` and `write:PATH` use a file of the workspace;
//! - `without:PATH` ends the program with 1 if there is such a file;
//! - `luck:PERCENT` ends it with 1 as often, by chance;
//! - `sleep:MS`, `spin:` and `panic:` do what they are called, `ask:` reads standard input;
//! - `exit:CODE` ends the program.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

fn main() {
    for argument in std::env::args().skip(1) {
        let (verb, rest) = argument.split_once(':').expect("an argument is VERB:REST");
        act(verb, rest);
    }
}

fn act(verb: &str, rest: &str) {
    match verb {
        "say" => println!("{rest}"),
        "complain" => eprintln!("{rest}"),
        "env" => match std::env::var(rest) {
            Ok(value) => println!("{rest}={value}"),
            Err(_) => println!("{rest} is not set"),
        },
        "read" => match fs::read_to_string(rest) {
            Ok(text) => println!("{rest}: {text}"),
            Err(error) => println!("{rest}: {:?}", error.kind()),
        },
        "write" => match fs::write(rest, "written") {
            Ok(()) => println!("{rest}: written"),
            Err(error) => println!("{rest}: {:?}", error.kind()),
        },
        "without" => {
            if fs::exists(rest).expect("the workspace can be looked at") {
                println!("{rest} is there");
                std::process::exit(1);
            }
        }
        "luck" => {
            // Its keys are random.
            let drawn = RandomState::new().build_hasher().finish();
            if drawn % 100 < number(rest) {
                println!("no luck");
                std::process::exit(1);
            }
        }
        "sleep" => std::thread::sleep(Duration::from_millis(number(rest))),
        "spin" => loop {
            std::hint::black_box(());
        },
        "panic" => panic!("{rest}"),
        "ask" => {
            let mut answer = String::new();
            let length = std::io::stdin()
                .read_line(&mut answer)
                .expect("standard input is readable");
            println!("read {length} bytes");
        }
        "exit" => {
            wasip2::cli::exit::exit_with_code(number(rest).try_into().expect("a code has 8 bits"))
        }
        _ => panic!("no such verb: {verb}"),
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
