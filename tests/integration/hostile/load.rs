//! Components that are hostile before anybody calls them: a running host refuses them, says why, and serves on with the version that it has.
