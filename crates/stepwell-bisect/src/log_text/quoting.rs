//! Words as Git writes and reads them: quoted as for a shell.

/// The words of a line.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some(letter) => word.push(letter),
                        None => return Err("a `'` is not closed".to_owned()),
                    }
                }
            }
            '\\' => {
                let escaped = letters.next().ok_or("a `\\` ends it")?;
                word.get_or_insert_default().push(escaped);
            }
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word in quotes.
pub(super) fn quote(word: &str) -> String {
    format!("'{}'", printable(word).replace('\'', "'\\''"))
}

/// A word, in quotes only if it needs them.
pub(super) fn plain(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./^~@".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        quote(word)
    }
}

/// A text without what would end its line or move a cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}
