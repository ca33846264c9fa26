//! What a form asks for, as the JSON that the management API takes: it is read by the same code, so that
//! each mistake is told of the same member.

use protocols::management::members;
use protocols::management::refusal::Refusal;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::form::Form;

/// A number as it was typed; nothing where nothing was. What is no number is left as text, which the API
/// refuses by the member's name.
pub(super) fn number(form: &Form, name: &str) -> Value {
    let Some(text) = form.given(name) else {
        return Value::Null;
    };
    match text.parse::<u32>() {
        Ok(number) => json!(number),
        Err(_) => json!(text),
    }
}

/// A secret: drawn by the server where that is wanted, else the one that was typed, if any.
pub(super) fn secret(form: &Form) -> Option<Value> {
    if form.ticked("draw") {
        return Some(json!({ "generate": true }));
    }
    form.given("secret").map(|text| json!(text))
}

/// What a field shows of a member: a text or a number, as it is.
pub(super) fn text(wish: &Value, name: &str) -> String {
    match wish.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// What boxes or lines show of a member.
pub(super) fn list(wish: &Value, name: &str) -> Vec<String> {
    let list = wish.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// What a tick shows of a member.
pub(super) fn tick(wish: &Value, name: &str) -> &'static str {
    match wish.get(name) {
        Some(Value::Bool(true)) => "on",
        _ => "",
    }
}

/// A new thing of this shape. What is null has its default.
pub(super) fn body<T: DeserializeOwned>(wish: Value) -> Result<T, Refusal> {
    members::read(members::merged(json!({}), wish))
}

#[cfg(test)]
mod tests {
    use protocols::management::shapes::policies::PolicyBody;

    use super::*;

    #[test]
    fn what_is_no_number_is_told_of_its_member() {
        let form = Form::read(b"lock_s=many&challenge_s=&look_ahead=7").unwrap();
        let wish = |name: &str| json!({ "code": "A", name: number(&form, name) });
        let refused = body::<PolicyBody>(wish("lock_s")).unwrap_err();
        assert_eq!(refused.errors()[0].pointer, "/lock_s");
        assert_eq!(
            body::<PolicyBody>(wish("challenge_s")).unwrap().challenge_s,
            120
        );
        assert_eq!(
            body::<PolicyBody>(wish("look_ahead")).unwrap().look_ahead,
            7
        );
    }
}
