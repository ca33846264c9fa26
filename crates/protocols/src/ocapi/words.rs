//! What visitors are asked, and how images are described to those who do not see them, in each language.

use challenge::visitor::Language;

/// What is asked of somebody who chooses images.
pub(super) fn choose(language: Language, about: &str) -> String {
    match language {
        Language::English => format!("Select all images that show: {about}"),
        Language::French => format!("Sélectionnez toutes les images qui montrent : {about}"),
        Language::German => format!("Wählen Sie alle Bilder aus, die dies zeigen: {about}"),
        Language::Spanish => format!("Seleccione todas las imágenes que muestran: {about}"),
    }
}

/// What is asked of somebody who types texts.
pub(super) fn transcribe(language: Language) -> String {
    match language {
        Language::English => "Type the text that each image shows",
        Language::French => "Saisissez le texte que montre chaque image",
        Language::German => "Geben Sie den Text ein, den jedes Bild zeigt",
        Language::Spanish => "Escriba el texto que muestra cada imagen",
    }
    .to_owned()
}

/// What is asked of somebody who reads a code.
pub(super) fn read_code(language: Language) -> String {
    match language {
        Language::English => "Type the characters that the image shows",
        Language::French => "Saisissez les caractères que montre l’image",
        Language::German => "Geben Sie die Zeichen ein, die das Bild zeigt",
        Language::Spanish => "Escriba los caracteres que muestra la imagen",
    }
    .to_owned()
}

/// What an image of a series is to who does not see it. More would give the answer away.
pub(super) fn image_of(language: Language, number: usize, count: usize) -> String {
    match language {
        Language::English => format!("Image {number} of {count}"),
        Language::French => format!("Image {number} sur {count}"),
        Language::German => format!("Bild {number} von {count}"),
        Language::Spanish => format!("Imagen {number} de {count}"),
    }
}

/// What an image of text is to who does not see it.
pub(super) fn text_of(language: Language, number: usize, count: usize) -> String {
    match language {
        Language::English => format!("Text {number} of {count}"),
        Language::French => format!("Texte {number} sur {count}"),
        Language::German => format!("Text {number} von {count}"),
        Language::Spanish => format!("Texto {number} de {count}"),
    }
}

/// What a drawn code is to who does not see it.
pub(super) fn code(language: Language) -> String {
    match language {
        Language::English => "Distorted characters; they can be heard instead",
        Language::French => "Caractères déformés ; ils peuvent être écoutés",
        Language::German => "Verzerrte Zeichen; sie lassen sich auch anhören",
        Language::Spanish => "Caracteres distorsionados; también se pueden escuchar",
    }
    .to_owned()
}
