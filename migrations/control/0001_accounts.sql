-- Who may sign in where. Emails and tokens are compared by their folded or hashed form only.
CREATE TABLE {t}tenant (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INSTANT NOT NULL,
    CONSTRAINT tenant_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tenant_name ON {t}tenant (name);

CREATE TABLE {t}login (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    failed_count BIGINT NOT NULL,
    locked_until INSTANT,
    locale TEXT NOT NULL,
    created_at INSTANT NOT NULL,
    CONSTRAINT login_key PRIMARY KEY (id)
);
CREATE UNIQUE INDEX login_email ON {t}login (email_folded);

CREATE TABLE {t}membership (
    login UUID NOT NULL,
    tenant TEXT NOT NULL,
    user_id UUID NOT NULL,
    CONSTRAINT membership_key PRIMARY KEY (login, tenant),
    CONSTRAINT membership_login FOREIGN KEY (login) REFERENCES {t}login (id),
    CONSTRAINT membership_tenant FOREIGN KEY (tenant) REFERENCES {t}tenant (id)
);
CREATE UNIQUE INDEX membership_user ON {t}membership (tenant, user_id);

CREATE TABLE {t}session (
    token_hash TEXT NOT NULL,
    login UUID NOT NULL,
    tenant TEXT NOT NULL,
    user_id UUID NOT NULL,
    csrf TEXT NOT NULL,
    created_at INSTANT NOT NULL,
    expires_at INSTANT NOT NULL,
    seen_at INSTANT NOT NULL,
    CONSTRAINT session_key PRIMARY KEY (token_hash),
    CONSTRAINT session_membership FOREIGN KEY (login, tenant) REFERENCES {t}membership (login, tenant) ON DELETE CASCADE
);
CREATE INDEX session_login ON {t}session (login);
CREATE INDEX session_expires ON {t}session (expires_at);

CREATE TABLE {t}api_key (
    id UUID NOT NULL,
    key_hash TEXT NOT NULL,
    login UUID NOT NULL,
    tenant TEXT NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at INSTANT NOT NULL,
    expires_at INSTANT,
    seen_at INSTANT,
    CONSTRAINT api_key_key PRIMARY KEY (id),
    CONSTRAINT api_key_membership FOREIGN KEY (login, tenant) REFERENCES {t}membership (login, tenant) ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_key_hash ON {t}api_key (key_hash);
CREATE INDEX api_key_member ON {t}api_key (login, tenant);
