//! Schemas as TypeScript, and values against schemas: no more of JSON Schema than what the wire types derive.

use std::fmt::Write;

use schemars::Schema;
use serde_json::{Map, Value};

type Types = Map<String, Value>;

/// The declaration of a type; `kind` is the one word that its `type` has.
pub(super) fn declaration(name: &str, schema: &Value, kind: Option<&str>) -> String {
    let doc = doc(schema, "");
    let Some(properties) = schema["properties"].as_object() else {
        return format!("\n{doc}export type {name} = {};\n", shape(schema));
    };
    let mut text = format!("\n{doc}export interface {name} {{\n");
    for (field, it) in properties {
        let optional = if required(schema, field) { "" } else { "?" };
        let shape = match kind {
            Some(kind) if field == "type" => format!("'{kind}'"),
            _ if field == "code" => "ErrorCode".to_owned(),
            _ => shape(&present(schema, field, it)),
        };
        writeln!(text, "{}  {field}{optional}: {shape};", self::doc(it, "  ")).unwrap();
    }
    text + "}\n"
}

fn doc(schema: &Value, indent: &str) -> String {
    let text = schema["description"].as_str();
    text.map_or_else(String::new, |text| {
        format!("{indent}/** {} */\n", text.replace('\n', " "))
    })
}

fn required(schema: &Value, field: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|all| all.iter().any(|it| it == field))
}

/// A field's schema where it is there: one that is left out in place of `null` never is that.
fn present(schema: &Value, field: &str, it: &Value) -> Value {
    let mut it = it.clone();
    if !required(schema, field)
        && let Some(kinds) = it["type"].as_array_mut()
    {
        kinds.retain(|kind| kind != "null");
    }
    if !required(schema, field)
        && let Some(any) = it["anyOf"].as_array_mut()
    {
        any.retain(|it| it["type"] != "null");
    }
    it
}

/// How a schema is written where a type stands.
pub(super) fn shape(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return name.to_owned();
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(shape).collect::<Vec<_>>().join(" | ");
    }
    if let Some(kinds) = schema["type"].as_array() {
        let kinds = kinds.iter().map(|kind| basic(kind, schema));
        return kinds.collect::<Vec<_>>().join(" | ");
    }
    basic(&schema["type"], schema)
}

fn basic(kind: &Value, schema: &Value) -> String {
    match kind.as_str().unwrap() {
        "integer" | "number" => "number".to_owned(),
        "array" => match shape(&schema["items"]) {
            several if several.contains('|') => format!("({several})[]"),
            one => format!("{one}[]"),
        },
        "object" => format!("Record<string, {}>", shape(&schema["additionalProperties"])),
        other => other.to_owned(),
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// Panics unless these values are what the schema says, and show between them whatever it allows: each field that may be
/// missing or `null` both with and without. Gives the `type` of the frames that they are of.
pub(super) fn checked<'a>(
    types: &Types,
    schema: &Schema,
    values: impl Iterator<Item = &'a Value>,
    frames: &[Value],
) -> String {
    let schema = resolved(types, schema.as_value());
    let values: Vec<&Value> = values.collect();
    fits(types, schema, &values, "");
    let kinds: Vec<&str> = frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect();
    assert!(kinds.iter().all(|kind| *kind == kinds[0]), "{kinds:?}");
    kinds[0].to_owned()
}

fn resolved<'a>(types: &'a Types, schema: &'a Value) -> &'a Value {
    reference(schema).map_or(schema, |name| &types[name])
}

fn fits(types: &Types, schema: &Value, values: &[&Value], at: &str) {
    let schema = resolved(types, schema);
    assert!(!values.is_empty(), "{at}: no sample has it");
    if let Some(any) = schema["anyOf"].as_array() {
        let (nothing, something): (Vec<&Value>, Vec<&Value>) = values.iter().partition(|it| it.is_null());
        let may_be_null = any.iter().any(|it| it["type"] == "null");
        assert_eq!(!nothing.is_empty(), may_be_null, "{at}: whether it may be null");
        let rest = any.iter().find(|it| it["type"] != "null").unwrap();
        return fits(types, rest, &something, at);
    }
    if let Some(kinds) = schema["type"].as_array() {
        for kind in kinds {
            let of: Vec<_> = values.iter().filter(|it| is_a(kind, it)).collect();
            assert!(!of.is_empty(), "{at}: never {kind}");
        }
        assert!(
            values.iter().all(|it| kinds.iter().any(|kind| is_a(kind, it))),
            "{at}: {values:?}"
        );
        return;
    }
    assert!(
        values.iter().all(|it| is_a(&schema["type"], it)),
        "{at}: {values:?}"
    );
    if let Some(items) = schema.get("items") {
        let all: Vec<&Value> = values.iter().flat_map(|it| it.as_array().unwrap()).collect();
        fits(types, items, &all, &format!("{at}[]"));
    }
    if let Some(each) = schema.get("additionalProperties").filter(|it| it.is_object()) {
        let all: Vec<&Value> = values
            .iter()
            .flat_map(|it| it.as_object().unwrap().values())
            .collect();
        fits(types, each, &all, &format!("{at}.*"));
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    for value in values {
        let unknown = value
            .as_object()
            .unwrap()
            .keys()
            .find(|it| !properties.contains_key(*it));
        assert_eq!(unknown, None, "{at}: not in the types");
    }
    for (field, it) in properties {
        let at = format!("{at}.{field}");
        let there: Vec<&Value> = values.iter().filter_map(|value| value.get(field)).collect();
        let always = there.len() == values.len();
        assert_eq!(
            always,
            required(schema, field),
            "{at}: whether it is always there"
        );
        fits(types, &present(schema, field, it), &there, &at);
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    }
}
