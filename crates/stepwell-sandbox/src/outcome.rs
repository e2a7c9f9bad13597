//! From Wasmtime's errors to a typed outcome.

use crate::bisect::Asked;
use crate::lines;
use crate::meter::HostPanicked;
use crate::run::{Interrupted, Returned};
use crate::state::StepState;
use stepwell_event::{Frame, LimitKind, Limits, Outcome, TrapKind};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// Bytes of the name of a function in a backtrace.
const NAME: usize = 1 << 10;

/// Bytes of a guest's text that go into one field of an outcome.
const TEXT: usize = 16 << 10;

pub(crate) fn classify(
    ended: Result<Result<Returned, Interrupted>, HostPanicked>,
    state: &StepState,
    lines: &[u8],
) -> Outcome {
    match ended {
        Ok(Ok(Returned::Task(Ok(())) | Returned::Command(Ok(())))) => Outcome::Succeeded,
        Ok(Ok(Returned::Asked(Asked::Answered(Ok(_))))) => Outcome::Succeeded,
        Ok(Ok(Returned::Asked(Asked::Answered(Err(message))))) => Outcome::Failed {
            message: shortened(message),
            code: 1,
            details: None,
        },
        Ok(Ok(Returned::Asked(Asked::NotFor(message)))) => Outcome::Unusable { message },
        Ok(Ok(Returned::Command(Err(())))) => Outcome::ExitCode { code: 1 },
        Ok(Ok(Returned::Task(Err(failure)))) => Outcome::Failed {
            message: shortened(failure.message),
            code: i32::try_from(failure.exit_code).unwrap_or(i32::MAX).max(1),
            details: failure.details.map(shortened),
        },
        Ok(Err(interrupted)) => failed(&interrupted, state, lines),
        Err(HostPanicked) => Outcome::HostFailed {
            message: "a host call panicked; this is a defect of Stepwell".to_owned(),
        },
    }
}

fn failed(interrupted: &Interrupted, state: &StepState, lines: &[u8]) -> Outcome {
    let error = interrupted.error();
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return match code {
            0 => Outcome::Succeeded,
            code => Outcome::ExitCode { code: *code },
        };
    }
    if let Some(limit) = reached_limit(error, &state.limits) {
        return limit;
    }
    let trap = trap_kind(error).or(match interrupted {
        // The host refused what the guest returned: it is not of its type.
        Interrupted::Within(error) if !error.is::<PoolConcurrencyLimitError>() => {
            Some(TrapKind::HostRefused)
        }
        _ => None,
    });
    // A guest that got no memory aborts, and one that starts with too much of it cannot be
    // instantiated: the refusal is the cause, either is its echo.
    match (trap, state.limiter.refused()) {
        (Some(TrapKind::Unreachable) | None, Some(refused)) => refused,
        (Some(trap), _) => Outcome::Trapped {
            trap,
            backtrace: backtrace(error, lines),
        },
        (None, None) => Outcome::HostFailed {
            message: shortened(format!("{error:#}")),
        },
    }
}

fn reached_limit(error: &wasmtime::Error, limits: &Limits) -> Option<Outcome> {
    let exceeded = |limit: LimitKind| {
        let value = limits.get(limit);
        Some(Outcome::LimitExceeded {
            limit,
            value,
            used: value.saturating_add(1),
        })
    };
    if let Some(Trap::OutOfFuel) = error.downcast_ref() {
        // Whoever runs out has used all, and nothing beyond it.
        return Some(Outcome::LimitExceeded {
            limit: LimitKind::Fuel,
            value: limits.fuel,
            used: limits.fuel,
        });
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return exceeded(LimitKind::Resources);
    }
    // These have no type of their own; tests hold the texts.
    let cause = error.root_cause().to_string();
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        return exceeded(LimitKind::HostcallBytes);
    }
    if cause.contains("store handle limit exceeded") {
        return exceeded(LimitKind::Handles);
    }
    if cause.starts_with("requested len") && cause.contains("exceeds limit") {
        return exceeded(LimitKind::RandomBytes);
    }
    None
}

/// Which trap; `None` if the error did not come from running the guest.
fn trap_kind(error: &wasmtime::Error) -> Option<TrapKind> {
    let Some(trap) = error.downcast_ref::<Trap>() else {
        // An error that a host call returned, or that reading its arguments gave, carries the
        // guest's backtrace, but is no trap of the guest's own.
        return error
            .downcast_ref::<WasmBacktrace>()
            .map(|_| TrapKind::HostRefused);
    };
    Some(match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull | Trap::BadSignature => TrapKind::BadIndirectCall,
        Trap::IntegerDivisionByZero => TrapKind::DivisionByZero,
        Trap::IntegerOverflow | Trap::BadConversionToInteger => TrapKind::IntegerOverflow,
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::CannotEnterComponent => TrapKind::HostRefused,
        _ => TrapKind::Other,
    })
}

fn backtrace(error: &wasmtime::Error, lines: &[u8]) -> Vec<Frame> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    backtrace
        .frames()
        .iter()
        .map(|frame| {
            let function = match frame.func_name() {
                // A name can be as long as its file, and what it stands for longer still.
                Some(name) if name.len() > NAME => name.to_owned(),
                Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
                None => format!("<wasm function {}>", frame.func_index()),
            };
            Frame {
                function: cut(function, NAME),
                location: frame
                    .module_offset()
                    .and_then(|offset| lines::location(lines, offset)),
            }
        })
        .collect()
}

pub(crate) fn shortened(text: String) -> String {
    cut(text, TEXT)
}

/// The text, or as much of it as fits, with an ellipsis.
pub(crate) fn cut(mut text: String, length: usize) -> String {
    if text.len() > length {
        text.truncate(text.floor_char_boundary(length));
        text.push('…');
    }
    text
}
