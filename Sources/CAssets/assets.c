//  assets.c · CAssets
//
//  The browser's files, inside the program: ours from Serve/Assets, uPlot and Leaflet as set-up
//  fetched them. Leaflet may be missing; then there is no street map.
//  A file that is added there needs its two lines here; a browser test compares the two.

#include "assets.h"

// #embed is C23; clang takes it in every mode and remarks on it.
#pragma clang diagnostic ignored "-Wpedantic"
#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("vendor/uPlot.iife.js") || !__has_embed("vendor/uPlot.min.css")
#error "uPlot is not there yet: run `make setup` (or scripts/setup run) once."
#endif

static const unsigned char accounts_mustache[] = {
#embed "../Serve/Assets/accounts.mustache"
};
static const unsigned char forbidden_mustache[] = {
#embed "../Serve/Assets/forbidden.mustache"
};
static const unsigned char accounts_css[] = {
#embed "../Serve/Assets/accounts.css"
};
static const unsigned char accounts_js[] = {
#embed "../Serve/Assets/accounts.js"
};
static const unsigned char account_mustache[] = {
#embed "../Serve/Assets/account.mustache"
};
static const unsigned char theme_button_mustache[] = {
#embed "../Serve/Assets/theme-button.mustache"
};
static const unsigned char nav_mustache[] = {
#embed "../Serve/Assets/nav.mustache"
};
static const unsigned char head_mustache[] = {
#embed "../Serve/Assets/head.mustache"
};
static const unsigned char brand_mustache[] = {
#embed "../Serve/Assets/brand.mustache"
};
static const unsigned char portal_door_mustache[] = {
#embed "../Serve/Assets/portal-door.mustache"
};
static const unsigned char alerts_mustache[] = {
#embed "../Serve/Assets/alerts.mustache"
};
static const unsigned char alerts_scripts_mustache[] = {
#embed "../Serve/Assets/alerts-scripts.mustache"
};
static const unsigned char not_found_mustache[] = {
#embed "../Serve/Assets/not-found.mustache"
};
static const unsigned char portal_bar_mustache[] = {
#embed "../Serve/Assets/portal-bar.mustache"
};
static const unsigned char portal_head_mustache[] = {
#embed "../Serve/Assets/portal-head.mustache"
};
static const unsigned char portal_overview_mustache[] = {
#embed "../Serve/Assets/portal-overview.mustache"
};
static const unsigned char sign_in_mustache[] = {
#embed "../Serve/Assets/sign-in.mustache"
};
static const unsigned char event_mustache[] = {
#embed "../Serve/Assets/event.mustache"
};
static const unsigned char events_mustache[] = {
#embed "../Serve/Assets/events.mustache"
};
static const unsigned char event_detail_mustache[] = {
#embed "../Serve/Assets/event-detail.mustache"
};
static const unsigned char event_scripts_mustache[] = {
#embed "../Serve/Assets/event-scripts.mustache"
};
static const unsigned char event_css[] = {
#embed "../Serve/Assets/event.css"
};
static const unsigned char events_css[] = {
#embed "../Serve/Assets/events.css"
};
static const unsigned char event_js[] = {
#embed "../Serve/Assets/event.js"
};
static const unsigned char events_js[] = {
#embed "../Serve/Assets/events.js"
};
static const unsigned char play_js[] = {
#embed "../Serve/Assets/play.js"
};
static const unsigned char player_js[] = {
#embed "../Serve/Assets/player.js"
};
static const unsigned char unit_mustache[] = {
#embed "../Serve/Assets/unit.mustache"
};
static const unsigned char units_mustache[] = {
#embed "../Serve/Assets/units.mustache"
};
static const unsigned char app_css[] = {
#embed "../Serve/Assets/app.css"
};
static const unsigned char overview_css[] = {
#embed "../Serve/Assets/overview.css"
};
static const unsigned char portal_css[] = {
#embed "../Serve/Assets/portal.css"
};
static const unsigned char alerts_css[] = {
#embed "../Serve/Assets/alerts.css"
};
static const unsigned char sheet_css[] = {
#embed "../Serve/Assets/sheet.css"
};
static const unsigned char tokens_css[] = {
#embed "../Serve/Assets/tokens.css"
};
static const unsigned char unit_css[] = {
#embed "../Serve/Assets/unit.css"
};
static const unsigned char forms_js[] = {
#embed "../Serve/Assets/forms.js"
};
static const unsigned char links_js[] = {
#embed "../Serve/Assets/links.js"
};
static const unsigned char sites_js[] = {
#embed "../Serve/Assets/sites.js"
};
static const unsigned char sites_css[] = {
#embed "../Serve/Assets/sites.css"
};
static const unsigned char projects_mustache[] = {
#embed "../Serve/Assets/projects.mustache"
};
static const unsigned char project_mustache[] = {
#embed "../Serve/Assets/project.mustache"
};
static const unsigned char location_mustache[] = {
#embed "../Serve/Assets/location.mustache"
};
static const unsigned char project_fields_mustache[] = {
#embed "../Serve/Assets/project-fields.mustache"
};
static const unsigned char location_fields_mustache[] = {
#embed "../Serve/Assets/location-fields.mustache"
};
static const unsigned char units_css[] = {
#embed "../Serve/Assets/units.css"
};
static const unsigned char api_js[] = {
#embed "../Serve/Assets/api.js"
};
static const unsigned char alerts_js[] = {
#embed "../Serve/Assets/alerts.js"
};
static const unsigned char chart_js[] = {
#embed "../Serve/Assets/chart.js"
};
static const unsigned char clock_js[] = {
#embed "../Serve/Assets/clock.js"
};
static const unsigned char drawing_js[] = {
#embed "../Serve/Assets/drawing.js"
};
static const unsigned char feed_js[] = {
#embed "../Serve/Assets/feed.js"
};
static const unsigned char fragment_js[] = {
#embed "../Serve/Assets/fragment.js"
};
static const unsigned char gestures_js[] = {
#embed "../Serve/Assets/gestures.js"
};
static const unsigned char history_js[] = {
#embed "../Serve/Assets/history.js"
};
static const unsigned char lane_js[] = {
#embed "../Serve/Assets/lane.js"
};
static const unsigned char live_js[] = {
#embed "../Serve/Assets/live.js"
};
static const unsigned char overview_js[] = {
#embed "../Serve/Assets/overview.js"
};
static const unsigned char place_js[] = {
#embed "../Serve/Assets/place.js"
};
static const unsigned char range_js[] = {
#embed "../Serve/Assets/range.js"
};
static const unsigned char reading_js[] = {
#embed "../Serve/Assets/reading.js"
};
static const unsigned char rule_form_js[] = {
#embed "../Serve/Assets/rule-form.js"
};
static const unsigned char sign_in_js[] = {
#embed "../Serve/Assets/sign-in.js"
};
static const unsigned char street_map_js[] = {
#embed "../Serve/Assets/street-map.js"
};
static const unsigned char table_js[] = {
#embed "../Serve/Assets/table.js"
};
static const unsigned char theme_js[] = {
#embed "../Serve/Assets/theme.js"
};
static const unsigned char trail_js[] = {
#embed "../Serve/Assets/trail.js"
};
static const unsigned char unit_js[] = {
#embed "../Serve/Assets/unit.js"
};
static const unsigned char units_js[] = {
#embed "../Serve/Assets/units.js"
};
static const unsigned char words_js[] = {
#embed "../Serve/Assets/words.js"
};
static const unsigned char zone_js[] = {
#embed "../Serve/Assets/zone.js"
};
static const unsigned char openapi_operator_json[] = {
#embed "../Serve/Assets/openapi-operator.json"
};
static const unsigned char openapi_portal_json[] = {
#embed "../Serve/Assets/openapi-portal.json"
};
static const unsigned char favicon_svg[] = {
#embed "../Serve/Assets/favicon.svg"
};
static const unsigned char strip_mustache[] = {
#embed "../Serve/Assets/strip.mustache"
};
static const unsigned char live_card_mustache[] = {
#embed "../Serve/Assets/live-card.mustache"
};
static const unsigned char history_card_mustache[] = {
#embed "../Serve/Assets/history-card.mustache"
};
static const unsigned char portal_location_mustache[] = {
#embed "../Serve/Assets/portal-location.mustache"
};
static const unsigned char portal_location_css[] = {
#embed "../Serve/Assets/portal-location.css"
};
static const unsigned char present_js[] = {
#embed "../Serve/Assets/present.js"
};
static const unsigned char limits_js[] = {
#embed "../Serve/Assets/limits.js"
};
static const unsigned char portal_location_js[] = {
#embed "../Serve/Assets/portal-location.js"
};
static const unsigned char uPlot_iife_js[] = {
#embed "vendor/uPlot.iife.js"
};
static const unsigned char uPlot_min_css[] = {
#embed "vendor/uPlot.min.css"
};

#if __has_embed("vendor/leaflet.min.js") && __has_embed("vendor/leaflet.css")
#define HAS_LEAFLET 1
static const unsigned char leaflet_min_js[] = {
#embed "vendor/leaflet.min.js"
};
static const unsigned char leaflet_css[] = {
#embed "vendor/leaflet.css"
};
#else
#define HAS_LEAFLET 0
#endif

#define ASSET(name, bytes) {name, bytes, sizeof bytes}

const struct earshot_asset earshot_assets[] = {
    ASSET("accounts.mustache", accounts_mustache),
    ASSET("forbidden.mustache", forbidden_mustache),
    ASSET("accounts.css", accounts_css),
    ASSET("accounts.js", accounts_js),
    ASSET("account.mustache", account_mustache),
    ASSET("theme-button.mustache", theme_button_mustache),
    ASSET("nav.mustache", nav_mustache),
    ASSET("head.mustache", head_mustache),
    ASSET("brand.mustache", brand_mustache),
    ASSET("portal-door.mustache", portal_door_mustache),
    ASSET("alerts.mustache", alerts_mustache),
    ASSET("alerts-scripts.mustache", alerts_scripts_mustache),
    ASSET("not-found.mustache", not_found_mustache),
    ASSET("portal-bar.mustache", portal_bar_mustache),
    ASSET("portal-head.mustache", portal_head_mustache),
    ASSET("portal-overview.mustache", portal_overview_mustache),
    ASSET("sign-in.mustache", sign_in_mustache),
    ASSET("event.mustache", event_mustache),
    ASSET("events.mustache", events_mustache),
    ASSET("event-detail.mustache", event_detail_mustache),
    ASSET("event-scripts.mustache", event_scripts_mustache),
    ASSET("event.css", event_css),
    ASSET("events.css", events_css),
    ASSET("event.js", event_js),
    ASSET("events.js", events_js),
    ASSET("play.js", play_js),
    ASSET("player.js", player_js),
    ASSET("unit.mustache", unit_mustache),
    ASSET("units.mustache", units_mustache),
    ASSET("app.css", app_css),
    ASSET("overview.css", overview_css),
    ASSET("portal.css", portal_css),
    ASSET("alerts.css", alerts_css),
    ASSET("sheet.css", sheet_css),
    ASSET("tokens.css", tokens_css),
    ASSET("unit.css", unit_css),
    ASSET("forms.js", forms_js),
    ASSET("links.js", links_js),
    ASSET("sites.js", sites_js),
    ASSET("sites.css", sites_css),
    ASSET("projects.mustache", projects_mustache),
    ASSET("project.mustache", project_mustache),
    ASSET("location.mustache", location_mustache),
    ASSET("project-fields.mustache", project_fields_mustache),
    ASSET("location-fields.mustache", location_fields_mustache),
    ASSET("units.css", units_css),
    ASSET("api.js", api_js),
    ASSET("alerts.js", alerts_js),
    ASSET("chart.js", chart_js),
    ASSET("clock.js", clock_js),
    ASSET("drawing.js", drawing_js),
    ASSET("feed.js", feed_js),
    ASSET("fragment.js", fragment_js),
    ASSET("gestures.js", gestures_js),
    ASSET("history.js", history_js),
    ASSET("lane.js", lane_js),
    ASSET("live.js", live_js),
    ASSET("overview.js", overview_js),
    ASSET("place.js", place_js),
    ASSET("range.js", range_js),
    ASSET("reading.js", reading_js),
    ASSET("rule-form.js", rule_form_js),
    ASSET("sign-in.js", sign_in_js),
    ASSET("street-map.js", street_map_js),
    ASSET("table.js", table_js),
    ASSET("theme.js", theme_js),
    ASSET("trail.js", trail_js),
    ASSET("unit.js", unit_js),
    ASSET("units.js", units_js),
    ASSET("words.js", words_js),
    ASSET("zone.js", zone_js),
    ASSET("openapi-operator.json", openapi_operator_json),
    ASSET("openapi-portal.json", openapi_portal_json),
    ASSET("favicon.svg", favicon_svg),
    ASSET("strip.mustache", strip_mustache),
    ASSET("live-card.mustache", live_card_mustache),
    ASSET("history-card.mustache", history_card_mustache),
    ASSET("portal-location.mustache", portal_location_mustache),
    ASSET("portal-location.css", portal_location_css),
    ASSET("present.js", present_js),
    ASSET("limits.js", limits_js),
    ASSET("portal-location.js", portal_location_js),
    ASSET("uPlot.iife.js", uPlot_iife_js),
    ASSET("uPlot.min.css", uPlot_min_css),
#if HAS_LEAFLET
    ASSET("leaflet.min.js", leaflet_min_js),
    ASSET("leaflet.css", leaflet_css),
#endif
};
const size_t earshot_asset_count = sizeof earshot_assets / sizeof earshot_assets[0];
