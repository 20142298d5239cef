use std::cell::OnceCell;
use std::rc::Rc;

use worker::{Env, Error};

use crate::auth::Verifier;
use crate::settings::{SettingError, Settings};

thread_local! {
    /// Variables cannot change while an isolate lives.
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

/// The deployment's settings, read and checked at first use.
pub fn settings(env: &Env) -> Result<Rc<Settings>, SettingError> {
    SETTINGS.with(|cell| {
        if let Some(settings) = cell.get() {
            return Ok(Rc::clone(settings));
        }
        let lookup = |name: &str| env.var(name).ok().map(|value| value.to_string());
        let settings = Rc::new(Settings::read(lookup)?);
        Ok(Rc::clone(cell.get_or_init(|| settings)))
    })
}

/// What checks tokens under these settings.
pub fn verifier(settings: &Settings) -> worker::Result<Verifier> {
    let auth = &settings.auth;
    Verifier::new(auth.secret.expose(), auth.issuer.clone(), auth.audience.clone())
        .map_err(|error| Error::RustError(error.to_string()))
}
