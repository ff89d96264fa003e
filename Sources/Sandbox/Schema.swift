/// The platform's tables, as far as the sandbox needs them, and its state right after set-up.
///
/// The platform on SQLite does not act on the foreign keys between these tables: an app keeps the
/// id of a deleted role. So none are declared.
enum Schema {
    static let version = 2

    static let tables = """
        CREATE TABLE user (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT, first_name TEXT, last_name TEXT, username TEXT,
            email TEXT NOT NULL UNIQUE,
            is_active INTEGER NOT NULL DEFAULT 1, is_sys_admin INTEGER NOT NULL DEFAULT 0,
            password TEXT, phone TEXT, security_question TEXT, security_answer TEXT, default_app_id INTEGER,
            last_login_date TEXT,
            created_date TEXT, last_modified_date TEXT,
            created_by_id INTEGER, last_modified_by_id INTEGER
        ) STRICT;
        CREATE TABLE service (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE, label TEXT, description TEXT,
            is_active INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL,
            mutable INTEGER NOT NULL DEFAULT 1, deletable INTEGER NOT NULL DEFAULT 1,
            created_date TEXT, last_modified_date TEXT,
            created_by_id INTEGER, last_modified_by_id INTEGER, config TEXT
        ) STRICT;
        CREATE TABLE role (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE, description TEXT,
            is_active INTEGER NOT NULL DEFAULT 0,
            created_date TEXT, last_modified_date TEXT,
            created_by_id INTEGER, last_modified_by_id INTEGER
        ) STRICT;
        CREATE TABLE role_service_access (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            role_id INTEGER, service_id INTEGER, component TEXT,
            verb_mask INTEGER NOT NULL DEFAULT 0, requestor_mask INTEGER NOT NULL DEFAULT 0,
            filters TEXT, filter_op TEXT NOT NULL DEFAULT 'and',
            created_date TEXT, last_modified_date TEXT,
            created_by_id INTEGER, last_modified_by_id INTEGER
        ) STRICT;
        CREATE INDEX role_service_access_role ON role_service_access (role_id);
        CREATE TABLE app (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE, api_key TEXT, description TEXT,
            is_active INTEGER NOT NULL DEFAULT 0, type INTEGER NOT NULL DEFAULT 0,
            path TEXT, url TEXT, storage_service_id INTEGER, storage_container TEXT,
            requires_fullscreen INTEGER NOT NULL DEFAULT 0,
            allow_fullscreen_toggle INTEGER NOT NULL DEFAULT 1,
            toggle_location TEXT NOT NULL DEFAULT 'top',
            role_id INTEGER, created_date TEXT, last_modified_date TEXT,
            created_by_id INTEGER, last_modified_by_id INTEGER
        ) STRICT;
        CREATE INDEX app_key ON app (api_key);
        CREATE INDEX app_role ON app (role_id);
        CREATE TABLE limits (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            type TEXT NOT NULL, key_text TEXT NOT NULL UNIQUE, rate INTEGER NOT NULL,
            period INTEGER NOT NULL, user_id INTEGER, role_id INTEGER, service_id INTEGER,
            name TEXT NOT NULL, description TEXT, is_active INTEGER NOT NULL DEFAULT 1,
            created_date TEXT, last_modified_date TEXT, endpoint TEXT,
            verb TEXT CONSTRAINT verb
                CHECK (verb IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE'))
        ) STRICT;
        CREATE TABLE limit_counter (
            key TEXT PRIMARY KEY, attempts INTEGER NOT NULL, window_ends_at REAL NOT NULL,
            locked_until REAL NOT NULL, timer_until REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE cache (
            key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE schema_extra (
            database TEXT NOT NULL, table_name TEXT NOT NULL, field TEXT NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (database, table_name, field)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE user_to_app_to_role (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER, app_id INTEGER, role_id INTEGER
        ) STRICT;
        CREATE TABLE token (
            id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, expires_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE routine (
            database TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
            definition TEXT NOT NULL, PRIMARY KEY (database, kind, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE secret (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// The three applications of every install; their keys are published by the platform itself.
    static let apps = """
        INSERT INTO app (name, api_key, description, is_active, type, path, url,
            created_date, last_modified_date) VALUES
        ('admin', '6498a8ad1beb9d84d63035c5d1120c007fad6de706734db9689f8996707e0f7d',
            'An application for administering this instance.', 1, 3,
            'dreamfactory/dist/index.html', NULL, :now, :now),
        ('api_docs', '36fda24fe5588fa4285ac6c6c2fdfbdb6b6bc9834699774c9bf777f706d05a88',
            'An OpenAPI-based application allowing documentation viewing and testing of the API.',
            1, 3, 'df-api-docs-ui/dist/index.html', NULL, :now, :now),
        ('file_manager', 'b5cb82af7b5d4130f36149f90aa2746782e59a872ac70454ac188743cb55b0ba',
            'An application for managing file services.', 1, 3,
            'filemanager/index.html', NULL, :now, :now)
        """

    /// The services of every install, with what `system/service` shows of them.
    static let services = """
        INSERT INTO service (name, label, description, is_active, type, mutable, deletable, config,
            created_date, last_modified_date) VALUES
        ('system', 'System Management', 'Service for managing system resources.', 1, 'system', 0, 0,
            '{"service_id":1,"default_app_id":null,"invite_email_service_id":5,"invite_email_template_id":1,'
            || '"password_email_service_id":5,"password_email_template_id":3}', :now, :now),
        ('files', 'Local File Storage', 'Service for accessing local file storage.', 1,
            'local_file', 1, 1, '{"service_id":2,"public_path":null,"container":"app"}', :now, :now),
        ('logs', 'Local Log Storage', 'Service for accessing local log storage.', 1,
            'local_file', 1, 1, '{"service_id":3,"public_path":null,"container":"logs"}', :now, :now),
        ('db', 'Local SQL Database', 'Service for accessing local SQLite database.', 1,
            'sqlite', 1, 1, '{"service_id":4,"options":null,"attributes":null,"statements":null,'
            || '"database":"db.sqlite","cache_enabled":false,"cache_ttl":0,"allow_upsert":false,'
            || '"max_records":false}', :now, :now),
        ('email', 'Local Email Service', 'Email service used for sending user invites and/or '
            || 'password reset confirmation.', 1, 'local_email', 1, 1, '[]', :now, :now),
        ('user', 'User Management', 'Service for managing system users.', 1, 'user', 1, 0,
            '{"service_id":6,"allow_open_registration":false,"open_reg_role_id":null,'
            || '"open_reg_email_service_id":5,"open_reg_email_template_id":2,'
            || '"invite_email_service_id":5,"invite_email_template_id":1,'
            || '"password_email_service_id":5,"password_email_template_id":3,'
            || '"alt_auth_db_service_id":null,"alt_auth_table":null,"alt_auth_username_field":null,'
            || '"alt_auth_password_field":null,"alt_auth_email_field":null,'
            || '"alt_auth_other_fields":null,"alt_auth_filter":null,"app_role_map":[]}', :now, :now)
        """

    static let shop = """
        CREATE TABLE "shop.sqlite/customers" (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT, region TEXT
        );
        INSERT INTO "shop.sqlite/customers" (name, email, region) VALUES
        ('Ann', 'ann@example.com', 'EU'), ('Bob', 'bob@example.com', 'US'),
        ('Cyd', 'cyd@example.com', 'EU');
        """

    /// What the recordings find beside the customers.
    static let secrets = """
        CREATE TABLE "shop.sqlite/secrets" (id INTEGER PRIMARY KEY, v TEXT);
        INSERT INTO "shop.sqlite/secrets" (v) VALUES ('x');
        """

    /// What a demo sells beside the customers.
    static let orders = """
        CREATE TABLE "shop.sqlite/orders" (
            id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER, sku TEXT NOT NULL,
            quantity INTEGER NOT NULL DEFAULT 1
        );
        INSERT INTO "shop.sqlite/orders" (customer_id, sku, quantity) VALUES
        (1, 'A-1', 2), (1, 'A-2', 1), (2, 'B-1', 7);
        """
}
