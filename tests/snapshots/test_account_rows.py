from sqlmodel import SQLModel

from snapshots import account_tables


def test_no_column_could_hold_a_secret_in_clear():
    columns = {
        f"{row.__tablename__}.{column.name}"
        for row in (account_tables.UserAccountRow, account_tables.SessionRow, account_tables.TokenRow)
        for column in SQLModel.metadata.tables[row.__tablename__].columns
    }
    assert not {name for name in columns if name.endswith((".secret", ".token", ".key"))}
    assert {"user_account.password", "session.digest", "token.digest"} <= columns
