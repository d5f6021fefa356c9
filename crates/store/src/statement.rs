//! Statements written as SQL, prepared once per connection.
//!
//! The guards of the hot changes join half the schema, and read better as SQL than as a chain of
//! method calls. Diesel's own `sql_query` is parsed and planned on every call; these are cached by
//! their type, as its query builder's statements are.

/// Declares a statement: its parameters, the type of the column it returns if it returns one, and
/// its text, in which a parameter stands in brackets with its SQL type between the strings.
macro_rules! statement {
    (
        $(#[$doc:meta])*
        $name:ident { $($field:ident: $kind:ty as $rust:ty),* $(,)? } $(-> $returns:ty)? =
            $first:literal $(, [$bind:ident: $sql:ty], $text:literal)* $(,)?
    ) => {
        $(#[$doc])*
        struct $name<'a> {
            $($field: $rust,)*
            lifetime: std::marker::PhantomData<&'a ()>,
        }

        impl<'a> $name<'a> {
            #[allow(clippy::too_many_arguments, reason = "one argument for each parameter")]
            fn new($($field: $rust),*) -> Self {
                Self { $($field,)* lifetime: std::marker::PhantomData }
            }
        }

        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        $(impl diesel::query_builder::Query for $name<'_> {
            type SqlType = $returns;
        })?

        impl<'a, DB> diesel::query_builder::QueryFragment<DB> for $name<'a>
        where
            DB: diesel::backend::Backend $(+ diesel::sql_types::HasSqlType<$kind>)*,
            $($rust: diesel::serialize::ToSql<$kind, DB>,)*
        {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, DB>,
            ) -> diesel::QueryResult<()> {
                out.push_sql($first);
                $(
                    out.push_bind_param::<$sql, _>(&self.$bind)?;
                    out.push_sql($text);
                )*
                Ok(())
            }
        }

        impl<Conn> diesel::RunQueryDsl<Conn> for $name<'_> {}
    };
}

pub(crate) use statement;
