//! Run machine, job machine, logging commands, variables and masking: no I/O.
