//! Pictures that go with an answer. A chart is drawn by `card::chart` and sent as PNG, which every chat shows; its words are in
//! the answer, and are the picture's description for whoever does not see it.

use std::sync::{Arc, LazyLock};

use reqwest::{
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::Part,
};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb},
};

use crate::{
    card,
    desk::Answer,
    incident::{chart::Chart, id::IncidentId, refusal::Refusal},
};

/// A font that is there on every machine. Letters that it lacks are taken from the machine's own fonts.
const FONT: &str = "DejaVu Sans";
/// Smaller pictures are drawn twice as large, to be sharp on a telephone.
const SHARP_BELOW: u32 = 1_600;
/// Characters of a description; Discord takes no more.
pub(super) const ALT_CHARS_MAX: usize = 1_000;

/// Looked up once, when the first picture is drawn.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_system_fonts();
    fonts.set_sans_serif_family(FONT);
    Arc::new(fonts)
});

/// A picture as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub incident: IncidentId,
    /// Not for everybody's eyes.
    pub is_restricted: bool,
    /// Of the file: `INC-1-organization.png`.
    pub name: String,
    /// One line about it.
    pub title: String,
    /// What it shows, in words.
    pub alt: String,
    pub png: Vec<u8>,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// As a part of a form.
    pub fn part(&self) -> Part {
        let part = Part::bytes(self.png.clone()).file_name(self.name.clone());
        let png = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("image/png"))]);
        part.headers(png)
    }

    fn of(chart: &Chart) -> Result<Picture, String> {
        let drawn = card::chart::picture(chart).ok_or("it could not be written")?;
        let (png, width, height) = png(&drawn.svg, drawn.width)?;
        let incident = chart.incident;
        Ok(Picture {
            incident,
            is_restricted: chart.is_restricted,
            name: format!("{incident}-organization.png"),
            title: format!("Organization chart of {incident}"),
            alt: super::text::cap(&super::text::clean(&chart.text()), ALT_CHARS_MAX),
            png,
            width,
            height,
        })
    }
}

/// The PNG, and its width and height in pixels.
fn png(svg: &str, width: u32) -> Result<(Vec<u8>, u32, u32), String> {
    let options = Options { fontdb: FONTS.clone(), font_family: FONT.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| e.to_string())?;
    let scale = if width < SHARP_BELOW { 2 } else { 1 };
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() * scale, size.height() * scale);
    let mut paper = Pixmap::new(width, height).ok_or("it has no size")?;
    let transform = Transform::from_scale(scale as f32, scale as f32);
    resvg::render(&tree, transform, &mut paper.as_mut());
    Ok((paper.encode_png().map_err(|e| e.to_string())?, width, height))
}

/// Has the picture of an answer shown behind it, if it has one: the words are there meanwhile.
pub(super) fn show_later<F>(done: &Result<Answer, Refusal>, show: impl FnOnce(Picture) -> F + Send + 'static)
where
    F: Future<Output = Result<(), String>> + Send,
{
    let Ok(Answer { chart: Some(chart), .. }) = done else { return };
    let chart = chart.clone();
    tokio::spawn(async move {
        let incident = chart.incident;
        let drawn = tokio::task::spawn_blocking(move || Picture::of(&chart)).await;
        let shown = match drawn.unwrap_or_else(|e| Err(e.to_string())) {
            Ok(picture) => show(picture).await,
            Err(why) => Err(why),
        };
        if let Err(why) = shown {
            tracing::warn!(%incident, why, "a picture was not shown; its words were");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::chart::tests::chart;

    #[test]
    fn a_chart_is_a_png_with_letters_in_it_and_words_for_who_does_not_see_it() {
        let picture = Picture::of(&chart()).unwrap();
        assert!(picture.png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let mut nameless = chart();
        nameless.command.by = String::new();
        assert_ne!(Picture::of(&nameless).unwrap().png, picture.png, "the letters of a name are drawn");
        assert!(
            picture.alt.starts_with("Unified Command: Ada") && picture.alt.chars().count() <= ALT_CHARS_MAX
        );
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/organization.png");
            std::fs::write(file, &picture.png).unwrap();
        }
    }
}
