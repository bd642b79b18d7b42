//! Files that are short and well formed, and costly to decode: one thing in another, so many times.

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
const COMPONENT_SECTION: u8 = 4;
const TYPE_SECTION: u8 = 7;

/// A type of an instance that defines a type of an instance that … : whoever decodes them one within the other needs stack for each.
pub fn nested_types(depth: usize) -> Vec<u8> {
    // A type of an instance with one declaration, which is a type; the innermost one has none.
    let mut types = vec![1];
    types.extend([0x42, 1, 1].repeat(depth));
    types.extend([0x42, 0]);
    [HEADER, &[TYPE_SECTION], &size(types.len()), &types].concat()
}

/// A component in a component in a component …
pub fn nested_components(depth: usize) -> Vec<u8> {
    let mut bytes = HEADER.len();
    let mut outwards = Vec::new();
    for _ in 0..depth {
        let start = [HEADER, &[COMPONENT_SECTION], &size(bytes)].concat();
        bytes += start.len();
        outwards.push(start);
    }
    outwards.reverse();
    [&outwards.concat(), HEADER].concat()
}

/// As the format writes numbers: seven bits in each byte, the lowest first.
fn size(mut rest: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}
