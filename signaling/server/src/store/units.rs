//! Tiers and units as rows: what the units file said, in its order.

use super::{Store, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};

/// One line of the tiers file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TierRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// One line of the units file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its type's label.
    pub kind: String,
    /// Its tier's code.
    pub tier: String,
    /// Its parent's code.
    pub parent: Option<String>,
    /// Position among its siblings.
    pub sort_order: i64,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub valid_to: Option<String>,
    /// Codes of its successors with spaces between.
    pub successors: String,
}

impl FromRow<'_, AnyRow> for TierRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { code: row.try_get("code")?, name: row.try_get("name")? })
    }
}

impl FromRow<'_, AnyRow> for UnitRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            code: row.try_get("code")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            tier: row.try_get("tier")?,
            parent: row.try_get("parent")?,
            sort_order: row.try_get("sort_order")?,
            valid_from: row.try_get("valid_from")?,
            valid_to: row.try_get("valid_to")?,
            successors: row.try_get("successors")?,
        })
    }
}

/// The setting that changes with every import, by which a running node notices one.
const VERSION_SETTING: &str = "units_version";

impl Store {
    /// Replaces all tiers and units at once.
    pub async fn replace_units(&self, tiers: &[TierRow], units: &[UnitRow]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM units").execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM tiers").execute(&mut *transaction).await?;
        for (position, tier) in (0_i64..).zip(tiers) {
            sqlx::query("INSERT INTO tiers (code, position, name) VALUES ($1, $2, $3)")
                .bind(&tier.code)
                .bind(position)
                .bind(&tier.name)
                .execute(&mut *transaction)
                .await?;
        }
        for (position, unit) in (0_i64..).zip(units) {
            sqlx::query(
                "INSERT INTO units (code, position, name, kind, tier, parent, sort_order, valid_from, valid_to, \
                 successors) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(&unit.code)
            .bind(position)
            .bind(&unit.name)
            .bind(&unit.kind)
            .bind(&unit.tier)
            .bind(&unit.parent)
            .bind(unit.sort_order)
            .bind(&unit.valid_from)
            .bind(&unit.valid_to)
            .bind(&unit.successors)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, '1') \
             ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)",
        )
        .bind(VERSION_SETTING)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All tiers, highest first.
    pub async fn tiers(&self) -> Result<Vec<TierRow>, StoreError> {
        Ok(sqlx::query_as("SELECT code, name FROM tiers ORDER BY position").fetch_all(&self.pool()).await?)
    }

    /// All units, in the order of the file.
    pub async fn units(&self) -> Result<Vec<UnitRow>, StoreError> {
        let units = sqlx::query_as(
            "SELECT code, name, kind, tier, parent, sort_order, valid_from, valid_to, successors FROM units \
             ORDER BY position",
        );
        Ok(units.fetch_all(&self.pool()).await?)
    }

    /// Changes with every import; absent before the first.
    pub async fn units_version(&self) -> Result<Option<String>, StoreError> {
        self.within(self.setting(VERSION_SETTING)).await
    }
}
