//! `/api/v1/units`: the tree, and searching it.

use super::App;
use super::caller::Caller;
use super::error::Failure;
use crate::{clock, units};
use axum::Json;
use axum::extract::{Query, RawQuery, State};
use axum::http::Uri;
use serde::Deserialize;
use signaling_protocol::{Refusal, UnitList};
use std::sync::Arc;

/// Longest text searched for, bytes: the longest name and its organisation, decomposed.
const SEARCH_MAX_BYTES: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    search: Option<String>,
}

/// The units valid today, all or those whose name or code holds a text.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<UnitList>, Failure> {
    let text = query.map(|query| format!("/?{query}")).unwrap_or_default();
    let uri: Uri = text.parse().unwrap_or_default();
    let Query(Parameters { search }) = Query::try_from_uri(&uri)
        .map_err(|error| Failure::new(Refusal::Malformed).because(error.to_string()))?;
    if search.as_ref().is_some_and(|text| text.len() > SEARCH_MAX_BYTES) {
        return Err(Failure::new(Refusal::TooLarge).because("the search text is too long"));
    }
    let tree = Arc::clone(&app.units.borrow());
    Ok(Json(units::list(&tree, clock::wall(), search.as_deref())))
}
