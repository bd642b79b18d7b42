//! Tests of the mapping language.

use super::value::{parse, to_json};
use super::{Builder, Scope, ValueMaps};
use jaq_json::Val;
use std::collections::BTreeMap;

fn units() -> ValueMaps {
    let entries = [("PCE", "C62"), ("CT", "XCT")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    BTreeMap::from([("units".to_owned(), BTreeMap::from(entries))])
}

fn run(code: &str, input: &str) -> Result<String, String> {
    let mut builder = Builder::new("library", "def twice: . + .;");
    builder.add("other", "error(\"the wrong expression ran\")");
    let mapping = builder.add("operations.\"x\".response", code);
    builder.add("another", "error(\"the wrong expression ran\")");
    let program = builder.finish(units())?;
    let scope = Scope { request: parse(br#"{"account":"C1"}"#)?, status: Val::from(200_usize), ..Scope::default() };
    program.run(mapping, parse(input.as_bytes())?, &scope).map(|value| to_json(&value)).map_err(|error| error.to_string())
}

#[test]
fn every_expression_of_a_large_configuration_is_run_by_itself() {
    let mut builder = Builder::new("library", "def twice: . + .;");
    let ids: Vec<_> = (0..300).map(|number| builder.add("here", &format!("{number} | twice + $request"))).collect();
    let program = builder.finish(ValueMaps::new()).unwrap();
    let scope = Scope { request: Val::from(1_usize), ..Scope::default() };
    for (number, id) in ids.into_iter().enumerate() {
        assert_eq!(to_json(&program.run(id, Val::Null, &scope).unwrap()), (2 * number + 1).to_string());
    }
}

#[test]
fn numbers_come_out_as_they_were_written() {
    assert_eq!(run(".", "[12345678901234567890.10,10.500,1e3]").unwrap(), "[12345678901234567890.10,10.500,1e3]");
    assert_eq!(run(".a|decimal", r#"{"a":12345678901234567890.10}"#).unwrap(), r#""12345678901234567890.10""#);
}

#[test]
fn exponents_become_plain_decimals() {
    let plain = |number: &str| run("decimal", number).unwrap();
    assert_eq!([plain("1E+3"), plain("1.5e-3"), plain("-12.34e1")], [r#""1000""#, r#""0.0015""#, r#""-123.4""#]);
    assert_eq!([plain("1.50e2"), plain("0e0"), plain("\"7.00\"")], [r#""150""#, r#""0""#, r#""7.00""#]);
}

#[test]
fn decimal_arithmetic_is_exact() {
    assert_eq!(run("decimal_sum", r#"["0.1", 0.2, null]"#).unwrap(), r#""0.3""#);
    assert_eq!(run("decimal_mul(.a; .b)", r#"{"a":"1000","b":"4.869912"}"#).unwrap(), r#""4869.912000""#);
    assert_eq!(run("decimal_div(.; 3; 2)", "10").unwrap(), r#""3.33""#);
    assert_eq!(run("decimal_round(2)", "2.345").unwrap(), r#""2.35""#);
    assert_eq!(
        run(
            r#"map(. as $n | ["half-up", "half-even", "half-down", "up", "down"] | map(. as $by | $n | decimal_round(1; $by)))"#,
            "[0.25]"
        )
        .unwrap(),
        r#"[["0.3","0.2","0.2","0.3","0.2"]]"#
    );
    assert!(run(r#"decimal_round(1; "bankers")"#, "0.25").unwrap_err().contains("half-even"));
    assert_eq!(run("[decimal_cmp(.; 2.50), decimal_sub(.; \"0.5\")]", "2.5").unwrap(), r#"[0,"2.0"]"#);
}

#[test]
fn calculated_fractions_are_no_money() {
    let refused = run("(.a + .b) | decimal", r#"{"a":0.1,"b":0.2}"#).unwrap_err();
    assert!(refused.contains("decimal_add"), "{refused}");
}

#[test]
fn value_maps_work_in_both_directions() {
    assert_eq!(run(r#"[map("units"; .), map("units"; "KGM"), map("units"; null)]"#, r#""PCE""#).unwrap(), r#"["C62",null,null]"#);
    assert_eq!(run(r#"unmap("units"; "XCT")"#, "null").unwrap(), r#""CT""#);
    assert!(run(r#"map("colors"; .)"#, r#""red""#).unwrap_err().contains("no map called colors"));
}

#[test]
fn the_host_s_value_maps_can_be_asked() {
    let _backend = ordergate_sdk::testing::Backend::new().map_entry("plants", "BER", "1010");
    assert_eq!(run(r#"lookup("plants"; .)"#, r#""BER""#).unwrap(), r#""1010""#);
}

#[test]
fn request_and_library_are_in_reach_everywhere() {
    assert_eq!(run("[$request.account, $status, (2|twice)]", "null").unwrap(), r#"["C1",200,4]"#);
}

#[test]
fn clock_environment_and_exit_are_not_there() {
    for code in ["now", "env", "halt", "input", "debug", "localtime", "$ENV", "halt_error", "input_filename"] {
        let refused = run(code, "null").unwrap_err();
        assert!(refused.contains("undefined"), "{code}: {refused}");
    }
}

#[test]
fn an_undefined_function_is_named_with_its_place() {
    let refused = run("{\n  a: 1,\n  number: (.no | foo),\n}", "null").unwrap_err();
    assert_eq!(refused, "operations.\"x\".response: line 3, column 18: undefined function foo");
}

#[test]
fn a_syntax_error_is_named_with_its_place() {
    assert_eq!(run(".a |", "null").unwrap_err(), "operations.\"x\".response: line 1, column 5: expected term, found the end");
    assert!(run("{\n a: }", "null").unwrap_err().starts_with("operations.\"x\".response: line 2, column"));
    assert!(run("[1", "null").unwrap_err().contains("closing bracket"));
}

#[test]
fn one_mapping_cannot_break_out_of_its_place() {
    assert!(run(".a); def evil: (1", "null").is_err());
    assert!(run("include \"x\"; .", "null").is_err());
    assert_eq!(run(". # a comment at the end", "7").unwrap(), "7");
}

#[test]
fn run_time_errors_show_shapes_and_no_data() {
    let failed = run(".name.first", r#"{"name":"Erika Mustermann","city":"Berlin"}"#).unwrap_err();
    assert_eq!(failed, r#"operations."x".response: cannot index a text with "first"; the input was an object with name, city"#);
    let failed = run(". + 1", r#"{"street":"Secret 1"}"#).unwrap_err();
    assert!(!failed.contains("Secret") && failed.contains("an object with street"), "{failed}");
}

#[test]
fn base64url_has_the_alphabet_of_addresses_and_its_padding() {
    assert_eq!(run("base64url", r#""~~~???>""#).unwrap(), r#""fn5-Pz8_Pg==""#);
}

#[test]
fn several_outputs_are_an_error_and_none_is_null() {
    assert!(run(".[]", "[1,2]").unwrap_err().contains("more than one output"));
    assert!(run("repeat(1)", "null").unwrap_err().contains("more than one output"));
    assert_eq!(run("empty", "1").unwrap(), "null");
}

#[test]
fn text_that_is_no_json_is_refused_and_nothing_is_null() {
    for wrong in ["<html>", "OK", "NaN", "# c", "{\"a\":}", "{} {}", "b\"x\""] {
        assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    assert!(matches!(parse(b" \n"), Ok(Val::Null)));
    assert!(parse(b"\xEF\xBB\xBF{}").is_ok());
}

#[test]
fn b4_units_are_converted_by_an_exact_ratio_there_and_back_or_not_at_all() {
    assert_eq!(run(r#"convert(.; "12/1")"#, r#""2.5""#).unwrap(), r#""30""#);
    assert_eq!(run(r#"convert(convert(.; "3/40"); "40/3")"#, r#""7""#).unwrap(), r#""7""#);
    assert_eq!(run(r#"convert(.; "12/1")"#, "null").unwrap(), "null");
    assert!(run(r#"convert(.; "1/3")"#, r#""10""#).unwrap_err().contains("no exact quantity"));
    assert!(run(r#"convert(.; "a dozen")"#, r#""10""#).unwrap_err().contains("no ratio"));
}
