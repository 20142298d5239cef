//! What needs a scope: publishing, and what operators do.

use worker::{Env, Method, Request, Response, Result};

use super::super::url::Url;
use super::{Outcome, body, claims, operator, problem, publish, query, respond};
use crate::api::{self, MAX_BODY, Problem, Service};
use crate::auth::Claims;
use crate::settings::Settings;

/// More than whom to disconnect takes.
const MAX_OPERATOR_BODY: usize = 4 << 10;

/// Answers a request for a service.
pub async fn serve(
    service: Service,
    request: &mut Request,
    url: &Url,
    env: &Env,
    settings: &Settings,
) -> Result<Response> {
    let expected = match request.method() {
        Method::Options => return respond::preflight(methods(service)),
        Method::Post => service.is_post(),
        Method::Get | Method::Head => !service.is_post(),
        _ => false,
    };
    if !expected {
        return problem(&Problem::MethodNotAllowed(methods(service)));
    }
    let outcome = match admit(service, request, settings)? {
        Ok(claims) => answer(service, &claims, request, url, env, settings).await?,
        Err(refused) => Err(refused),
    };
    match outcome {
        Ok(answer) => respond::unkept(&answer),
        Err(why) => problem(&why),
    }
}

const fn methods(service: Service) -> &'static str {
    if service.is_post() {
        respond::POST
    } else {
        respond::GET
    }
}

/// Before anything of the request is read: who it is, and whether that is enough.
fn admit(
    service: Service,
    request: &Request,
    settings: &Settings,
) -> Result<std::result::Result<Claims, Problem>> {
    let scope = service.scope();
    Ok(match claims(request.headers(), settings)? {
        Ok(Some(claims)) if claims.scopes.contains(scope) => Ok(claims),
        Ok(Some(_)) => Err(Problem::ScopeMissing {
            scope: scope.as_str(),
            what: service.purpose().to_owned(),
        }),
        Ok(None) => Err(Problem::TokenMissing),
        Err(refused) => Err(refused),
    })
}

async fn answer(
    service: Service,
    claims: &Claims,
    request: &mut Request,
    url: &Url,
    env: &Env,
    settings: &Settings,
) -> Result<Outcome> {
    if let Err(refused) = service.check(query(url)) {
        return Ok(Err(refused));
    }
    Ok(match service {
        Service::Publish => match body::read(request, MAX_BODY).await? {
            Ok(body) => publish::publish(&body, claims, env, settings).await,
            Err(refused) => Err(refused),
        },
        Service::Disconnect => match body::read(request, MAX_OPERATOR_BODY)
            .await?
            .and_then(|body| api::whom(&body))
        {
            Ok(target) => operator::disconnect(&target, env, settings).await,
            Err(refused) => Err(refused),
        },
        Service::Channels => operator::channels(env).await,
        Service::Presence => operator::presence(query(url), env, settings).await,
    })
}
