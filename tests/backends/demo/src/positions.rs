//! Positions as a caller sends them, and as the business modules use them once they are checked against the range.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    amount,
    article::{Article, Site},
    books::Books,
    refusal::{Code, Refusal},
};

/// At most so many positions in one request.
pub(crate) const MOST: usize = 200;

/// A position of any request; each request uses the fields that the README gives it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    pub(crate) pos: Option<String>,
    pub(crate) article: String,
    pub(crate) qty: String,
    pub(crate) uom: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) net: Option<String>,
    pub(crate) wish: Option<String>,
    pub(crate) text: Option<String>,
}

/// A checked position.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) pos: String,
    pub(crate) article: Article,
    pub(crate) qty: Decimal,
    pub(crate) site: Option<Site>,
    pub(crate) net: Option<Decimal>,
    pub(crate) wish: Option<Decimal>,
    pub(crate) text: Option<String>,
    /// What was asked for, when it is taken otherwise.
    pub(crate) asked_qty: Option<Decimal>,
    pub(crate) asked_article: Option<String>,
}

/// All positions, or the first one's refusal.
pub(crate) fn check_all(books: &Books, asked: &[Asked]) -> Result<Vec<Wanted>, Refusal> {
    check_count(asked.len())?;
    if asked.is_empty() {
        return Err(Refusal::new(Code::NoPositions, "positions: at least one is needed"));
    }
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::with_capacity(asked.len());
    for (index, position) in asked.iter().enumerate() {
        let checked = check(books, position, index)?;
        if !seen.insert(checked.pos.clone()) {
            return Err(Refusal::new(Code::BadPosition, format!("position {:?} is there twice", checked.pos)).at(&checked.pos));
        }
        wanted.push(checked);
    }
    Ok(wanted)
}

/// One position; `index` numbers it when it has no `pos`.
pub(crate) fn check(books: &Books, asked: &Asked, index: usize) -> Result<Wanted, Refusal> {
    let pos = pos_of(asked, index);
    check_fields(books, asked, pos.clone()).map_err(|refusal| refusal.at(&pos))
}

/// `pos`, or 10 for the first position, 20 for the second and so on.
pub(crate) fn pos_of(asked: &Asked, index: usize) -> String {
    let given = asked.pos.as_ref().filter(|pos| !pos.is_empty());
    given.cloned().unwrap_or_else(|| ((index + 1) * 10).to_string())
}

pub(crate) fn check_count(count: usize) -> Result<(), Refusal> {
    if count > MOST {
        return Err(Refusal::new(Code::TooMany, format!("{count} at once are too many, at most {MOST}")));
    }
    Ok(())
}

/// The site with this code; an empty one is none.
pub(crate) fn site(code: Option<&str>) -> Result<Option<Site>, Refusal> {
    let Some(code) = code.filter(|code| !code.is_empty()) else { return Ok(None) };
    let unknown = || Refusal::new(Code::UnknownSite, format!("there is no site {code:?}, the sites are BER, HAM and MUC"));
    Site::from_code(code).map(Some).ok_or_else(unknown)
}

/// Only euros.
pub(crate) fn check_currency(currency: Option<&str>) -> Result<(), Refusal> {
    match currency {
        None | Some("" | "EUR") => Ok(()),
        Some(other) => Err(Refusal::new(Code::BadCurrency, format!("currency {other:?} is not served, prices are in EUR only"))),
    }
}

fn check_fields(books: &Books, asked: &Asked, pos: String) -> Result<Wanted, Refusal> {
    let article = books.article(&asked.article)?.clone();
    check_uom(&article, asked.uom.as_deref())?;
    Ok(Wanted {
        pos,
        qty: qty(&article, &asked.qty)?,
        site: site(asked.site.as_deref())?,
        net: price("net", asked.net.as_deref())?,
        wish: price("wish", asked.wish.as_deref())?,
        text: asked.text.clone(),
        asked_qty: None,
        asked_article: None,
        article,
    })
}

fn check_uom(article: &Article, uom: Option<&str>) -> Result<(), Refusal> {
    let own = article.uom.code();
    match uom.filter(|uom| !uom.is_empty()) {
        Some(uom) if uom != own => Err(Refusal::new(Code::BadUom, format!("{} is sold in {own}, not in {uom:?}", article.no))),
        _ => Ok(()),
    }
}

fn qty(article: &Article, text: &str) -> Result<Decimal, Refusal> {
    let places = article.uom.places();
    let fits = |qty: &Decimal| *qty > Decimal::ZERO && qty.scale() <= places;
    amount::parse(text).filter(fits).ok_or_else(|| {
        let uom = article.uom.code();
        let most = amount::LARGEST;
        let text = format!("{text:?} is not a quantity of {uom}: above 0, at most {most}, at most {places} decimals");
        Refusal::new(Code::BadQty, text)
    })
}

fn price(field: &str, text: Option<&str>) -> Result<Option<Decimal>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let bad = || Refusal::new(Code::BadPrice, format!("{field}: {text:?} is not a price such as \"12.50\""));
    amount::parse(text).map(amount::price).map(Some).ok_or_else(bad)
}
