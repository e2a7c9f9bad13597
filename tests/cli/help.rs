//! The help of every command: changing a flag changes a snapshot here.

use crate::empty;
use insta::assert_snapshot;

#[track_caller]
fn help(arguments: &[&str]) -> String {
    let output = empty().stepwell(arguments);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(output.stderr, "");
    output
        .stdout
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_program_lists_its_commands() {
    assert_snapshot!(help(&["--help"]), @r"
    Run pipelines whose every step is a WebAssembly component in a sandbox of its own

    Usage: stepwell <COMMAND>

    Commands:
      run          Run a pipeline
      replay       Run a recorded step once more, in a copy of the project, and tell what differs
      bisect       Find the change that broke something
      watch        Look at a branch again and again: publish what is good, find and tell who broke it
      check        Say whether a pipeline can run, without running it
      plan         Show what would run: stages, jobs and steps with their inputs, grants and conditions
      eval         Evaluate an expression
      import       Turn an azure-pipelines.yml into a pipeline file
      task         Look at tasks
      selftest     Try to break out of the sandbox on this machine, and say what held
      completions  Print a completion script for a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version
    ");
}

#[test]
fn run_tells_its_flags() {
    assert_snapshot!(help(&["run", "--help"]), @r"
    Run a pipeline

    Usage: stepwell run [OPTIONS] [FILE]

    Arguments:
      [FILE]
              The pipeline file

              [default: pipeline.toml]

    Options:
          --var <NAME=VALUE>
              Set a variable, over the pipeline's own value (can be repeated)

          --param <NAME=VALUE>
              Set a parameter of the pipeline (can be repeated)

          --secret <NAME[=ENV]>
              Set a secret variable to the value of an environment variable, by default the one of the
              same name (can be repeated)

          --project <DIR>
              The directory that steps may see, as far as they are granted [default: the current one if
              FILE is in it, else FILE's]

          --output <OUTPUT>
              What to print

              Possible values:
              - human: Text for people
              - json:  One JSON object a line

              [default: human]

          --coredump
              Keep the memory of a step that traps as a core dump in `.stepwell/coredumps`: all that the
              step knew, secrets included

          --record
              Record which files each step finds, so that `stepwell replay` can tell what has changed

          --isolation <LEVEL>
              What separates steps from this machine besides WebAssembly [default: job]

              Possible values:
              - instance: Nothing: all steps run in this process
              - job:      A process without rights for each job
              - step:     A process without rights for each step

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn bisect_tells_its_commands() {
    let help = help(&["bisect", "-h"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    assert_snapshot!(commands, @r"
    run     Judge versions by the exit code of a program: 0 is good, 125 cannot be judged, 1 to 127 is
            bad
    resume  Go on with a search that has not ended; what was judged is not judged again
    log     Print a search as commands of `git bisect`
    replay  Begin a search by hand with what a log says, also one of `git bisect`
    list    List the searches of a project
    show    Print the report of a search
    start   Begin a search in which you say yourself what versions are
    good    Say that versions are good
    bad     Say that versions are bad
    skip    Say that versions cannot be judged
    next    Say which version is to be judged
    undo    Take back what was said last
    reset   Leave a search by hand, and remove the files of its version
    help    Print this message or the help of the given subcommand(s)
    ");
}

#[test]
fn check_tells_its_flags() {
    assert_snapshot!(help(&["check", "--help"]), @r"
    Say whether a pipeline can run, without running it

    Usage: stepwell check [OPTIONS] [FILE]

    Arguments:
      [FILE]
              The pipeline file

              [default: pipeline.toml]

    Options:
          --var <NAME=VALUE>
              Set a variable, over the pipeline's own value (can be repeated)

          --param <NAME=VALUE>
              Set a parameter of the pipeline (can be repeated)

          --secret <NAME[=ENV]>
              Set a secret variable to the value of an environment variable, by default the one of the
              same name (can be repeated)

          --project <DIR>
              The directory that steps may see, as far as they are granted [default: the current one if
              FILE is in it, else FILE's]

          --output <OUTPUT>
              What to print

              Possible values:
              - human: Text for people
              - json:  One JSON object a line

              [default: human]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn task_lists_its_commands() {
    assert_snapshot!(help(&["task", "--help"]), @r"
    Look at tasks

    Usage: stepwell task <COMMAND>

    Commands:
      inspect  Say what a task is, what it takes and what access it asks for
      list     List the built-in tasks
      help     Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help
    ");
}

#[test]
fn task_inspect_tells_its_flags() {
    assert_snapshot!(help(&["task", "inspect", "--help"]), @r"
    Say what a task is, what it takes and what access it asks for

    Usage: stepwell task inspect [OPTIONS] <TASK>

    Arguments:
      <TASK>
              A `.wasm` file, or the name of a built-in task

    Options:
          --output <OUTPUT>
              What to print

              Possible values:
              - human: Text for people
              - json:  One JSON object a line

              [default: human]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn task_list_tells_its_flags() {
    assert_snapshot!(help(&["task", "list", "--help"]), @r"
    List the built-in tasks

    Usage: stepwell task list [OPTIONS]

    Options:
          --output <OUTPUT>
              What to print

              Possible values:
              - human: Text for people
              - json:  One JSON object a line

              [default: human]

      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn completions_lists_the_shells() {
    assert_snapshot!(help(&["completions", "--help"]), @r"
    Print a completion script for a shell

    Usage: stepwell completions <SHELL>

    Arguments:
      <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help  Print help
    ");
}

#[test]
fn the_version_is_one_line() {
    assert_eq!(
        help(&["--version"]),
        concat!("stepwell ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = help(&["completions", shell]);
        for word in ["run", "check", "task", "inspect", "--project"] {
            let word = word.trim_start_matches("--");
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn selftest_tells_its_flags() {
    assert_snapshot!(help(&["selftest", "--help"]), @r"
    Try to break out of the sandbox on this machine, and say what held

    Usage: stepwell selftest [OPTIONS]

    Options:
          --only <ID,...>
              Try only these: identifiers such as `A-01`, or letters for all of a kind

          --isolation <ISOLATION>
              Where attempts run

              Possible values:
              - step:     Each in a worker process without rights, as steps are by default
              - instance: All in this process: the sandbox has to hold alone

              [default: step]

          --output <OUTPUT>
              What to print

              Possible values:
              - human: Text for people
              - json:  One JSON object a line

              [default: human]

      -h, --help
              Print help (see a summary with '-h')
    ");
}
