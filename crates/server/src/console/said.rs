//! What the operations of the management API say of a mistake, in the console's languages. They say it in
//! English, as programs are told; what has no line here is shown as it was said.
//!
//! Every line begins with the English text, in which `{0}`, `{1}` and so on stand for whatever stands there.

use super::language::Language;

/// English, French, German, Spanish.
const SAID: &[[&str; 4]] = &[
    ["it is missing", "c’est obligatoire", "es fehlt", "falta"],
    ["it is empty", "c’est vide", "es ist leer", "está vacío"],
    [
        "there is no such tenant",
        "ce locataire n’existe pas",
        "diesen Mandanten gibt es nicht",
        "ese inquilino no existe",
    ],
    [
        "there is a {0} {1} already",
        "{1} existe déjà",
        "{1} gibt es schon",
        "{1} ya existe",
    ],
    [
        "there is a {0} of this name already",
        "ce nom est déjà pris",
        "diesen Namen gibt es schon",
        "ese nombre ya existe",
    ],
    [
        "{0} bytes are too long; {1} are allowed",
        "{0} octets, c’est trop long ; {1} sont permis",
        "{0} Bytes sind zu lang; {1} sind erlaubt",
        "{0} bytes es demasiado; se permiten {1}",
    ],
    [
        "control characters are not allowed",
        "les caractères de contrôle ne sont pas permis",
        "Steuerzeichen sind nicht erlaubt",
        "no se permiten caracteres de control",
    ],
    [
        "a NUL character stands in it",
        "il contient un caractère NUL",
        "ein NUL-Zeichen steht darin",
        "contiene un carácter NUL",
    ],
    [
        "use letters, digits and . _ ~ - alone, since it stands in URLs",
        "n’utilisez que des lettres, des chiffres et . _ ~ -, car cela figure dans des URL",
        "verwenden Sie nur Buchstaben, Ziffern und . _ ~ -, denn es steht in URLs",
        "use solo letras, cifras y . _ ~ -, pues aparece en URL",
    ],
    [
        "{0} is out of range; choose {1} to {2}",
        "{0} est hors limites ; choisissez de {1} à {2}",
        "{0} liegt außerhalb; wählen Sie {1} bis {2}",
        "{0} está fuera de rango; elija de {1} a {2}",
    ],
    [
        "{0} is out of range; choose {1}",
        "{0} est hors limites ; choisissez {1}",
        "{0} liegt außerhalb; wählen Sie {1}",
        "{0} está fuera de rango; elija {1}",
    ],
    [
        "it must begin with http:// or https://",
        "cela doit commencer par http:// ou https://",
        "es muss mit http:// oder https:// beginnen",
        "debe empezar por http:// o https://",
    ],
    [
        "choose 1 to {0}",
        "choisissez de 1 à {0}",
        "wählen Sie 1 bis {0}",
        "elija de 1 a {0}",
    ],
    [
        "choose a whole number from 1 to 2^53 - 1",
        "choisissez un nombre entier de 1 à 2^53 - 1",
        "wählen Sie eine ganze Zahl von 1 bis 2^53 - 1",
        "elija un número entero de 1 a 2^53 - 1",
    ],
    [
        "expected a whole number that is not negative, and not too large",
        "un nombre entier est attendu, ni négatif ni trop grand",
        "erwartet wird eine ganze Zahl, nicht negativ und nicht zu groß",
        "se espera un número entero, ni negativo ni demasiado grande",
    ],
    [
        "give 1 to {0} characters, without spaces before and after",
        "donnez 1 à {0} caractères, sans espace avant ni après",
        "geben Sie 1 bis {0} Zeichen an, ohne Leerzeichen davor und danach",
        "dé de 1 a {0} caracteres, sin espacios antes ni después",
    ],
    [
        "there are 100 good tokens of this reach; share one, or revoke one",
        "il y a 100 jetons valables de cette portée ; partagez-en un ou révoquez-en un",
        "es gibt 100 gültige Token dieser Reichweite; teilen Sie eines oder widerrufen Sie eines",
        "hay 100 tokens válidos de este alcance; comparta uno o revoque uno",
    ],
    [
        "there are 100 administrators of this reach; remove one first",
        "il y a 100 responsables de cette portée ; supprimez-en un d’abord",
        "es gibt 100 Verantwortliche dieser Reichweite; entfernen Sie zuerst jemanden",
        "hay 100 responsables de este alcance; elimine primero uno",
    ],
    [
        "this is the last administrator of the server; make another one first",
        "c’est le dernier administrateur du serveur ; nommez-en d’abord un autre",
        "das ist der letzte Administrator des Servers; ernennen Sie zuerst einen anderen",
        "es el último administrador del servidor; nombre antes a otro",
    ],
    [
        "a request with this Idempotency-Key is being answered; try again in a moment",
        "ce formulaire est déjà en cours de traitement ; réessayez dans un instant",
        "dieses Formular wird gerade bearbeitet; versuchen Sie es gleich noch einmal",
        "este formulario ya se está procesando; inténtelo de nuevo en un momento",
    ],
    [
        "this Idempotency-Key came with another request before; choose a new one",
        "ce formulaire a déjà été envoyé avec d’autres valeurs ; rouvrez-le",
        "dieses Formular wurde schon mit anderen Angaben gesendet; öffnen Sie es neu",
        "este formulario ya se envió con otros datos; ábralo de nuevo",
    ],
    [
        "choose one that is neither {0} nor begins with the word {1}, by which the audit log names others",
        "n’en choisissez pas un qui soit {0} ou commence par le mot {1} : le journal d’audit désigne ainsi d’autres",
        "wählen Sie keinen, der {0} ist oder mit dem Wort {1} beginnt: So nennt das Prüfprotokoll andere",
        "no elija uno que sea {0} o empiece por la palabra {1}: así nombra a otros el registro de auditoría",
    ],
    [
        "{0} is for an administrator of the whole server; choose another one",
        "{0} est réservé à un administrateur de tout le serveur ; choisissez-en un autre",
        "{0} ist für einen Administrator des ganzen Servers; wählen Sie einen anderen",
        "{0} es para un administrador de todo el servidor; elija otro",
    ],
    [
        "nobody makes a sign-in link for themselves, nor has a token of theirs make one; change the password at the console, ask another administrator, or use `countersign admin password`",
        "personne ne crée de lien pour soi-même ; changez le mot de passe dans votre compte, adressez-vous à un autre administrateur, ou utilisez `countersign admin password`",
        "niemand macht einen Link für sich selbst; ändern Sie das Passwort in Ihrem Konto, fragen Sie einen anderen Administrator, oder verwenden Sie `countersign admin password`",
        "nadie crea un enlace para sí mismo; cambie la contraseña en su cuenta, consulte a otro administrador o use `countersign admin password`",
    ],
    [
        "choose one of at least {0} characters, and at most {1} bytes",
        "choisissez-en un d’au moins {0} caractères et d’au plus {1} octets",
        "wählen Sie eines mit mindestens {0} Zeichen und höchstens {1} Bytes",
        "elija una de al menos {0} caracteres y como mucho {1} bytes",
    ],
    [
        "choose one that is neither your login name nor one letter over and over",
        "n’en choisissez pas un qui soit votre identifiant ou une seule lettre répétée",
        "wählen Sie keines, das Ihr Anmeldename oder immer derselbe Buchstabe ist",
        "no elija su nombre de usuario ni una sola letra repetida",
    ],
    [
        "it cannot be changed; it is {0}",
        "cela ne peut pas changer ; c’est {0}",
        "es kann nicht geändert werden; es ist {0}",
        "no se puede cambiar; es {0}",
    ],
    [
        "a secret is not taken away; give another, or leave it out",
        "un secret ne s’enlève pas ; donnez-en un autre ou laissez vide",
        "ein Geheimnis wird nicht weggenommen; geben Sie ein anderes an oder lassen Sie es leer",
        "un secreto no se quita; dé otro o déjelo vacío",
    ],
    [
        "name at least one",
        "nommez-en au moins un",
        "nennen Sie mindestens eines",
        "indique al menos uno",
    ],
    [
        "{0} is no origin; write https://host or with :port",
        "{0} n’est pas une origine ; écrivez https://hôte, avec :port au besoin",
        "{0} ist kein Ursprung; schreiben Sie https://host, bei Bedarf mit :port",
        "{0} no es un origen; escriba https://host, o con :puerto",
    ],
    [
        "the tenant has no {0}; it has {1}",
        "le locataire n’a pas {0} ; il a {1}",
        "der Mandant hat {0} nicht; er hat {1}",
        "el inquilino no tiene {0}; tiene {1}",
    ],
    [
        "it is the default_policy of client {0}; give the client another",
        "c’est la politique par défaut du client {0} ; donnez-lui-en une autre",
        "es ist die voreingestellte Richtlinie des Clients {0}; geben Sie ihm eine andere",
        "es la política predeterminada del cliente {0}; dele otra",
    ],
    [
        "{0} authenticators serve it and no other, {1} among them; give them another policy, or revoke them, first",
        "{0} authentificateurs ne servent qu’elle, dont {1} ; donnez-leur d’abord une autre politique, ou révoquez-les",
        "{0} Authentikatoren dienen nur ihr, darunter {1}; geben Sie ihnen zuerst eine andere Richtlinie, oder widerrufen Sie sie",
        "{0} autenticadores solo sirven a esta, entre ellos {1}; deles antes otra política o revóquelos",
    ],
    [
        "it has {0}; remove them first",
        "il contient {0} ; supprimez-les d’abord",
        "er hat {0}; entfernen Sie das zuerst",
        "tiene {0}; elimínelo primero",
    ],
    [
        "officers reach it alone (administrators: {0}, good tokens: {1}); remove the administrators and revoke the tokens first",
        "des responsables n’atteignent que lui (responsables : {0}, jetons valables : {1}) ; supprimez-les et révoquez les jetons d’abord",
        "Verantwortliche erreichen nur ihn (Verantwortliche: {0}, gültige Token: {1}); entfernen Sie sie und widerrufen Sie die Token zuerst",
        "hay quienes solo lo alcanzan a él (responsables: {0}, tokens válidos: {1}); elimínelos y revoque los tokens primero",
    ],
    [
        "there is no such role; choose admin, operator or auditor",
        "cette fonction n’existe pas",
        "diese Rolle gibt es nicht",
        "esa función no existe",
    ],
    [
        "there is no {0}; there is {1}",
        "{0} n’existe pas ; il y a {1}",
        "{0} gibt es nicht; es gibt {1}",
        "{0} no existe; hay {1}",
    ],
    [
        "whoever signs up confirms an address by e-mail, and no [delivery.smtp] is set; set it with `apply`, or keep the sign-up closed",
        "qui ouvre un compte confirme son adresse par e-mail, et [delivery.smtp] n’est pas réglé ; réglez-le avec `apply`, ou ne laissez pas les visiteurs ouvrir de compte",
        "wer ein Konto eröffnet, bestätigt seine Adresse per E-Mail, und [delivery.smtp] ist nicht gesetzt; setzen Sie es mit `apply`, oder lassen Sie Besucher keine Konten eröffnen",
        "quien abre una cuenta confirma su dirección por correo electrónico, y [delivery.smtp] no está configurado; configúrelo con `apply` o no deje que los visitantes abran cuentas",
    ],
    [
        "{0} is taken",
        "{0} est déjà pris",
        "{0} ist vergeben",
        "{0} ya está en uso",
    ],
];

/// What was said, in this language. A name of a member before it, such as `password: `, is for programs.
pub(super) fn said(text: &str, language: Language) -> String {
    let place = match language {
        Language::English => return text.to_owned(),
        Language::French => 1,
        Language::German => 2,
        Language::Spanish => 3,
    };
    let bare = text.split_once(": ").filter(|(key, _)| is_key(key));
    let bare = bare.map(|(_, bare)| bare);
    for heard in [Some(text), bare].into_iter().flatten() {
        for line in SAID {
            if let Some(found) = matched(line[0], heard) {
                return filled(line[place], &found);
            }
        }
    }
    text.to_owned()
}

fn is_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
    text.bytes().all(plain)
}

/// The parts of a line between its places, each beginning after the place's brace.
fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split('{').map(|part| match part.split_once('}') {
        Some((_, part)) => part,
        None => part,
    })
}

/// What stands at the places of a line, where the text fits it.
fn matched<'a>(line: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = parts(line);
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = if parts.peek().is_none() {
            rest.ends_with(part).then(|| rest.len() - part.len())?
        } else {
            rest.find(part)?
        };
        found.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    rest.is_empty().then_some(found)
}

/// A line with what was found at its places: in one pass, so that what was found is not looked into.
fn filled(line: &str, found: &[&str]) -> String {
    let mut text = String::new();
    for (at, part) in line.split('{').enumerate() {
        match part.split_once('}') {
            Some((number, part)) if at > 0 => {
                let number: Option<usize> = number.parse().ok();
                text += number
                    .and_then(|number| found.get(number))
                    .copied()
                    .unwrap_or_default();
                text += part;
            }
            _ => text += part,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All sources of a folder, with texts that go on over lines put together.
    fn sources(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                let mut line = line.to_owned();
                while let Some(start) = line.strip_suffix('\\') {
                    line = start.to_owned() + lines.next().unwrap_or_default().trim_start();
                }
                into.push_str(&line);
                into.push('\n');
            }
        }
    }

    #[test]
    fn every_line_is_said_somewhere() {
        let mut all = String::new();
        for name in ["challenge", "protocols"] {
            let folder = format!("{}/../{name}/src", env!("CARGO_MANIFEST_DIR"));
            sources(Path::new(&folder), &mut all);
        }
        for line in SAID {
            for part in parts(line[0]) {
                assert!(all.contains(part), "nobody says {part:?} of {:?}", line[0]);
            }
        }
    }

    #[test]
    fn every_language_puts_in_what_was_found() {
        for line in SAID {
            let places = line[0].matches('{').count();
            for text in &line[1..] {
                assert!(!text.is_empty() && text.trim() == *text, "{line:?}");
                let numbers = text
                    .split('{')
                    .skip(1)
                    .filter_map(|part| part.split_once('}'));
                for (number, _) in numbers {
                    assert!(number.parse::<usize>().unwrap() < places, "{text}");
                }
            }
        }
    }

    #[test]
    fn what_was_said_is_told_in_the_visitors_language() {
        let german = |text: &str| said(text, Language::German);
        assert_eq!(german("it is empty"), "es ist leer");
        assert_eq!(german("login_name: it is empty"), "es ist leer");
        assert_eq!(
            german("there is a tenant \"A {0} B\" already"),
            "\"A {0} B\" gibt es schon"
        );
        assert_eq!(
            german("7000 is out of range; choose 1 to 3650"),
            "7000 liegt außerhalb; wählen Sie 1 bis 3650"
        );
        assert_eq!(
            german("7 is out of range; choose one"),
            "7 liegt außerhalb; wählen Sie one"
        );
        assert!(
            german(
                "whoever signs up confirms an address by e-mail, and no [delivery.smtp] is set; set it \
                 with `apply`, or keep the sign-up closed"
            )
            .starts_with("wer ein Konto eröffnet")
        );
        assert_eq!(german("what nobody foresaw: 7"), "what nobody foresaw: 7");
        assert_eq!(said("it is empty", Language::English), "it is empty");
    }
}
