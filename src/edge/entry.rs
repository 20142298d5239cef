//! What the runtime calls.

use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

use super::{log, router, tally, wire};

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
    let response = router::route(request, &env, &context).await;
    tally::flush_later(&env, &context);
    response
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let answer = match wire::feed(&env) {
        Ok(feed) => feed.post(wire::CYCLE, &[]).await,
        Err(error) => Err(error),
    };
    if let Err(error) = answer {
        log::event("cron_failed", serde_json::json!({"error": error.to_string()}));
    }
}
