-- What the user of dashboards may do on a ClickHouse server: read the published tables, within
-- limits, and nothing else. Run it as a user who may manage access, after `uptake migrate`; it may be run again.

-- The plugin of Grafana sets the time limit with every query, so that one setting may be changed,
-- for which the server must have settings_constraints_replace_previous on, as its own configuration has.
CREATE SETTINGS PROFILE IF NOT EXISTS uptake_dashboards;

ALTER SETTINGS PROFILE uptake_dashboards SETTINGS
    readonly = 1,
    max_execution_time = 60 MIN 1 MAX 300 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000,
    max_result_rows = 1000000,
    result_overflow_mode = 'throw',
    max_concurrent_queries_for_user = 20;

CREATE ROLE IF NOT EXISTS uptake_dashboards SETTINGS PROFILE 'uptake_dashboards';

-- Who had been granted more loses it here.
REVOKE ALL ON *.* FROM uptake_dashboards;

GRANT SELECT ON uptake.figure TO uptake_dashboards;

-- Nobody can log in as a new user until the user has a password and hosts.
CREATE USER IF NOT EXISTS dashboards HOST NONE;

REVOKE ALL ON *.* FROM dashboards;

GRANT uptake_dashboards TO dashboards WITH REPLACE OPTION;

ALTER USER dashboards DEFAULT ROLE uptake_dashboards SETTINGS PROFILE 'uptake_dashboards';
