//! Which line of which source file each place of a component's code came from.
//!
//! Wasmtime can read debug information itself, whenever a guest traps. But what it reads is the
//! guest's own: a small file of it can say that a place is inlined a million times over, or have each
//! of a million units parsed anew, and all of it would be read on the host's thread, where nothing
//! bounds it. So it is read once, where the component is compiled: in a process that has bounds and
//! may be killed. Of all its tables only the line numbers are looked at, each byte of them once. What
//! is kept is flat and small, and a trap costs a binary search a frame.

use gimli::{
    AttributeValue, DebugLine, DebugLineOffset, DebugLineStr, DebugStr, EndianSlice, LittleEndian,
};
use std::collections::HashMap;
use wasmparser::{Parser, Payload};

/// Places of one component. More than this and none is kept: Rust's own debug builds of large
/// programs have some 300,000.
const ROWS: usize = 1_000_000;
/// Source files of one component.
const FILES: usize = 20_000;
/// Bytes of the name of a file; of a longer one the end is kept.
const NAME: usize = 200;
/// Bytes of one row.
const ROW: usize = 12;
/// The line of code that comes from none.
const NOWHERE: u32 = 0;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The line numbers of all modules of a component, as bytes for [`location`]; none if it has none.
pub(crate) fn collect(component: &[u8]) -> Vec<u8> {
    let mut table = Table::default();
    // The file has been parsed before, by whoever compiled it. What is wrong with it or with its
    // debug information costs the line numbers only.
    match table.read(component) {
        Some(()) => table.packed().unwrap_or_default(),
        None => Vec::new(),
    }
}

/// `file:line` of the code at `offset` of the component.
pub(crate) fn location(packed: &[u8], offset: usize) -> Option<String> {
    let offset = u32::try_from(offset).ok()?;
    let (rows, rest) = packed.split_first_chunk::<4>()?;
    let (rows, names) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*rows)).ok()?)?;
    let (rows, _) = rows.as_chunks::<ROW>();
    let after = rows.partition_point(|row| Row::unpack(row).offset <= offset);
    let row = Row::unpack(rows.get(after.checked_sub(1)?)?);
    if row.line == NOWHERE {
        return None;
    }
    let names = std::str::from_utf8(names).ok()?;
    let name = names.split('\0').nth(usize::try_from(row.file).ok()?)?;
    Some(format!("{name}:{}", row.line))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    offset: u32,
    file: u32,
    line: u32,
}

impl Row {
    fn pack(self, into: &mut Vec<u8>) {
        for number in [self.offset, self.file, self.line] {
            into.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn unpack(&[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; ROW]) -> Self {
        Self {
            offset: u32::from_le_bytes([a, b, c, d]),
            file: u32::from_le_bytes([e, f, g, h]),
            line: u32::from_le_bytes([i, j, k, l]),
        }
    }
}

/// The sections of a module that line numbers are in.
#[derive(Debug, Default, Clone, Copy)]
struct Sections<'a> {
    code: Option<(usize, usize)>,
    line: &'a [u8],
    line_str: &'a [u8],
    str: &'a [u8],
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    files: HashMap<String, u32>,
}

impl Table {
    fn read(&mut self, component: &[u8]) -> Option<()> {
        // One for each of the modules and components inside one another.
        let mut open = Vec::new();
        for payload in Parser::new(0).parse_all(component) {
            match payload.ok()? {
                Payload::Version { .. } => open.push(Sections::default()),
                Payload::CodeSectionStart { range, .. } => {
                    open.last_mut()?.code = Some((range.start, range.end));
                }
                Payload::CustomSection(section) => {
                    let sections = open.last_mut()?;
                    match section.name() {
                        ".debug_line" => sections.line = section.data(),
                        ".debug_line_str" => sections.line_str = section.data(),
                        ".debug_str" => sections.str = section.data(),
                        _ => {}
                    }
                }
                Payload::End(_) => self.read_module(&open.pop()?)?,
                _ => {}
            }
        }
        Some(())
    }

    /// Reads one program of line numbers after the other.
    fn read_module(&mut self, sections: &Sections<'_>) -> Option<()> {
        let Some(code) = sections.code else {
            return Some(());
        };
        let lines = DebugLine::new(sections.line, LittleEndian);
        let mut at = 0;
        while at < sections.line.len() {
            let program = lines.program(DebugLineOffset(at), 4, None, None).ok()?;
            let header = program.header();
            let length_of_length = usize::from(header.format().initial_length_size());
            at = at
                .checked_add(length_of_length)?
                .checked_add(header.unit_length())?;
            self.read_program(program, sections, code)?;
        }
        Some(())
    }

    fn read_program(
        &mut self,
        program: gimli::IncompleteLineProgram<Bytes<'_>>,
        sections: &Sections<'_>,
        (start, end): (usize, usize),
    ) -> Option<()> {
        let mut known = HashMap::new();
        let mut rows = program.rows();
        // Where the code of one function begins. The linker gives those that it has dropped the
        // address 0, where there is none.
        let mut function = None;
        let mut last = None;
        while let Some((header, row)) = rows.next_row().ok()? {
            let address = row.address();
            let begin = *function.get_or_insert(address);
            if row.end_sequence() {
                function = None;
            }
            let offset = usize::try_from(address).ok()?.checked_add(start)?;
            if begin == 0 || offset > end {
                continue;
            }
            let offset = u32::try_from(offset).ok()?;
            let line = row.line().and_then(|line| u32::try_from(line.get()).ok());
            let (file, line) = match line {
                Some(line) if !row.end_sequence() => {
                    let index = row.file_index();
                    let file = match known.get(&index) {
                        Some(file) => *file,
                        None => {
                            let file = self.file(&name(header, index, sections)?)?;
                            known.insert(index, file);
                            file
                        }
                    };
                    (file, line)
                }
                _ => (0, NOWHERE),
            };
            if last == Some((file, line)) {
                continue;
            }
            last = (!row.end_sequence()).then_some((file, line));
            if self.rows.len() >= ROWS {
                return None;
            }
            self.rows.push(Row { offset, file, line });
        }
        Some(())
    }

    fn file(&mut self, name: &str) -> Option<u32> {
        if let Some(file) = self.files.get(name) {
            return Some(*file);
        }
        if self.files.len() >= FILES {
            return None;
        }
        let file = u32::try_from(self.files.len()).ok()?;
        self.files.insert(name.to_owned(), file);
        Some(file)
    }

    fn packed(mut self) -> Option<Vec<u8>> {
        if self.rows.is_empty() {
            return None;
        }
        // At one place the later row counts, unless it only ends the function before.
        self.rows
            .sort_by_key(|row| (row.offset, row.line != NOWHERE));
        let size = u32::try_from(self.rows.len().checked_mul(ROW)?).ok()?;
        let mut packed = size.to_le_bytes().to_vec();
        for row in self.rows {
            row.pack(&mut packed);
        }
        let mut names: Vec<(String, u32)> = self.files.into_iter().collect();
        names.sort_by_key(|(_, file)| *file);
        for (name, _) in names {
            packed.extend_from_slice(name.as_bytes());
            packed.push(0);
        }
        Some(packed)
    }
}

/// The name of a source file, as the compiler was given it.
fn name(
    header: &gimli::LineProgramHeader<Bytes<'_>>,
    index: u64,
    sections: &Sections<'_>,
) -> Option<String> {
    let file = header.file(index)?;
    let mut name = text(file.path_name(), sections)?;
    // Directory 0 is where the compiler ran, which is of no interest.
    if file.directory_index() != 0
        && !name.starts_with('/')
        && let Some(directory) = file.directory(header)
    {
        name = format!("{}/{name}", text(directory, sections)?);
    }
    Some(match name.len().checked_sub(NAME) {
        None => name,
        Some(over) => name.split_at(name.ceil_char_boundary(over)).1.to_owned(),
    })
}

fn text(value: AttributeValue<Bytes<'_>>, sections: &Sections<'_>) -> Option<String> {
    let text = match value {
        AttributeValue::String(text) => text,
        AttributeValue::DebugLineStrRef(at) => {
            DebugLineStr::from(EndianSlice::new(sections.line_str, LittleEndian))
                .get_str(at)
                .ok()?
        }
        AttributeValue::DebugStrRef(at) => {
            DebugStr::new(sections.str, LittleEndian).get_str(at).ok()?
        }
        _ => return None,
    };
    // Only the end of it may be kept, so that a long one is not copied for each file.
    let text = text.slice();
    let text = text.get(text.len().saturating_sub(NAME * 2)..)?;
    Some(String::from_utf8_lossy(text).replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<u8> {
        let mut table = Table::default();
        let main = table.file("src/main.rs").unwrap();
        let other = table.file("src/other.rs").unwrap();
        assert_eq!(table.file("src/main.rs"), Some(main));
        let row = |offset, file, line| Row { offset, file, line };
        table.rows = vec![
            row(30, other, 7),
            row(10, main, 3),
            row(20, main, 4),
            row(30, 0, NOWHERE),
            row(40, 0, NOWHERE),
        ];
        table.packed().unwrap()
    }

    #[test]
    fn a_place_is_on_the_line_that_begins_before_it() {
        let table = table();
        for (offset, expected) in [
            (9, None),
            (10, Some("src/main.rs:3")),
            (19, Some("src/main.rs:3")),
            (29, Some("src/main.rs:4")),
            (30, Some("src/other.rs:7")),
            (40, None),
            (usize::MAX, None),
        ] {
            assert_eq!(location(&table, offset).as_deref(), expected, "{offset}");
        }
    }

    #[test]
    fn what_is_no_table_has_no_places() {
        let table = table();
        assert_eq!(location(&[], 10), None);
        for length in 0..table.len() {
            // Whatever it says, it says without a panic.
            let _ = location(&table[..length], 10);
        }
        assert_eq!(location(&[0xff; 64], 10), None);
        assert_eq!(collect(b""), b"");
        assert_eq!(collect(b"\0asm\x0d\0\x01\0"), b"");
    }
}
