//! What it costs a guest that computes to be stoppable and to be counted: the same work on the host,
//! in Wasmtime without either, with each and with both, and in a step.

#[path = "../../../../tests/guests/kernels/src/kernel.rs"]
mod kernel;

use crate::rig::{Guest, bytes, cpu_time, percentile, runtime, sandbox};
use std::sync::Arc;
use std::time::Duration;
use stepwell_sandbox::{Metering, Sandbox};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store, UpdateDeadline};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

const RUNS: usize = 9;
const TICK: Duration = Duration::from_millis(10);

/// Kernels, and rounds that take a tenth of a second or so.
const KERNELS: [(&str, u32); 3] = [("mix", 150_000), ("sort", 150), ("calls", 60)];

pub(crate) fn measure() {
    let bytes = bytes("kernels");
    let sandbox = sandbox(2);
    let contenders: Vec<Contender> = vec![
        Contender::native(),
        Contender::raw("Wasmtime, neither", &bytes, false, false),
        Contender::raw("Wasmtime, epochs", &bytes, true, false),
        Contender::raw("Wasmtime, fuel", &bytes, false, true),
        Contender::raw("Wasmtime, both", &bytes, true, true),
        Contender::step("a step", &sandbox, &bytes, Metering::Off),
        Contender::step("a step, work counted", &sandbox, &bytes, Metering::Fuel),
    ];
    println!(
        "medians of {RUNS} interleaved runs; ratios to the host and to Wasmtime with neither\n"
    );
    let head = KERNELS.map(|(name, _)| format!("{name:>10}{:>7}{:>7}", "host", "plain"));
    println!("{:<24}{}", "milliseconds of CPU", head.concat());
    let mut rows = vec![String::new(); contenders.len()];
    for (kernel, rounds) in KERNELS {
        let mut samples = vec![Vec::new(); contenders.len()];
        for run in 0..=RUNS {
            for (contender, samples) in contenders.iter().zip(&mut samples) {
                let took = (contender.run)(kernel, rounds);
                // The first run warms up.
                if run > 0 {
                    samples.push(took);
                }
            }
        }
        let medians: Vec<f64> = samples
            .iter_mut()
            .map(|samples| percentile(samples, 50).as_secs_f64())
            .collect();
        for (row, median) in rows.iter_mut().zip(&medians) {
            let (host, plain) = (median / medians[0], median / medians[1]);
            *row += &format!("{:>10.1}{host:>7.2}{plain:>7.2}", median * 1e3);
        }
    }
    for (contender, row) in contenders.iter().zip(rows) {
        println!("{:<24}{row}", contender.name);
    }
}

/// Runs a kernel of this name and size.
type Kernel = Box<dyn Fn(&str, u32) -> Duration>;

struct Contender {
    name: &'static str,
    run: Kernel,
}

impl Contender {
    fn native() -> Self {
        let run = |name: &str, rounds| {
            let started = cpu_time();
            let result = kernel::compute(std::hint::black_box(name), rounds);
            std::hint::black_box(result).expect("a kernel of that name");
            cpu_time().saturating_sub(started)
        };
        Self {
            name: "the host",
            run: Box::new(run),
        }
    }

    /// Wasmtime as it comes, but for how a guest can be stopped.
    fn raw(name: &'static str, bytes: &[u8], epochs: bool, fuel: bool) -> Self {
        let mut config = Config::new();
        config.epoch_interruption(epochs).consume_fuel(fuel);
        let engine = Engine::new(&config).expect("an engine");
        if epochs {
            tick(&engine);
        }
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI links");
        let component = Component::from_binary(&engine, bytes).expect("the guest compiles");
        let instance = linker.instantiate_pre(&component).expect("the guest links");
        let command = CommandPre::new(instance).expect("the guest is a command");
        let run = move |kernel: &str, rounds: u32| {
            let mut wasi = WasiCtx::builder();
            wasi.args(&["main", kernel, &rounds.to_string()]);
            let mut store = Store::new(&engine, State::new(wasi.build()));
            if fuel {
                store.set_fuel(u64::MAX / 2).expect("fuel is counted");
            }
            if epochs {
                store.set_epoch_deadline(1);
                store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
            }
            let started = cpu_time();
            let instance = command.instantiate(&mut store).expect("an instance");
            let ended = instance.wasi_cli_run().call_run(&mut store);
            ended.expect("no trap").expect("no failure");
            cpu_time().saturating_sub(started)
        };
        Self {
            name,
            run: Box::new(run),
        }
    }

    fn step(name: &'static str, sandbox: &Arc<Sandbox>, bytes: &[u8], metering: Metering) -> Self {
        let guests = KERNELS.map(|(kernel, rounds)| {
            let args = [kernel, &rounds.to_string()];
            (kernel, Guest::of(sandbox, bytes, &args, metering))
        });
        let runtime = runtime(1);
        let run = move |kernel: &str, _| {
            let found = guests.iter().find(|(name, _)| *name == kernel);
            let (_, guest) = found.expect("a kernel of that name");
            let guest = guest.clone();
            let started = cpu_time();
            let step = runtime.spawn(async move { guest.succeed().await });
            runtime.block_on(step).expect("no panic");
            cpu_time().saturating_sub(started)
        };
        Self {
            name,
            run: Box::new(run),
        }
    }
}

fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    fn new(wasi: WasiCtx) -> Self {
        Self {
            wasi,
            table: ResourceTable::new(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
