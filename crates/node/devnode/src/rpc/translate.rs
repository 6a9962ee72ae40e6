//! Hides ids from the server's library in requests over HTTP, and notes when a connection becomes a WebSocket.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use alloy::primitives::bytes::Bytes;
use http_body::Body;
use jsonrpsee::{
    core::{
        BoxError,
        http_helpers::{HttpError, read_body},
    },
    server::{
        HttpBody, HttpRequest, HttpResponse,
        http::{content_type_is_json, response},
    },
};
use tower::{Layer, Service};

use super::{frames::Progress, ids};

/// Puts [`Translate`] around a service.
#[derive(Clone, Debug)]
pub struct TranslateLayer {
    /// The connection that requests come over.
    pub progress: Arc<Progress>,
    /// Bytes of a request.
    pub request_bytes: u32,
}

impl<S> Layer<S> for TranslateLayer {
    type Service = Translate<S>;

    fn layer(&self, inner: S) -> Translate<S> {
        Translate {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service that gets only ids that it knows.
#[derive(Clone, Debug)]
pub struct Translate<S> {
    inner: S,
    layer: TranslateLayer,
}

impl<S, B> Service<HttpRequest<B>> for Translate<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let translate = self.clone();
        Box::pin(translate.answer(request.map(HttpBody::new)))
    }
}

impl<S> Translate<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
{
    async fn answer(mut self, request: HttpRequest) -> Result<HttpResponse, BoxError> {
        // Everything else has no body that counts, or is refused.
        if request.method().as_str() != "POST" || !content_type_is_json(&request) {
            let answer = self.inner.call(request).await?;
            if answer.status().as_u16() == 101 {
                self.layer.progress.is_socket.store(true, Ordering::Release);
            }
            return Ok(answer);
        }
        let (mut head, body) = request.into_parts();
        let limit = self.layer.request_bytes;
        let body = match read_body(&head.headers, body, limit).await {
            Ok((body, _)) => body,
            Err(HttpError::TooLarge) => return Ok(response::too_large(limit)),
            Err(HttpError::Malformed) => return Ok(response::malformed()),
            Err(HttpError::Stream(_)) => return Ok(response::internal_error()),
        };
        let hidden = ids::hide(&body);
        let restores = hidden.is_some();
        head.headers.remove("content-length");
        let body = HttpBody::from(hidden.unwrap_or(body));
        let answer = self.inner.call(HttpRequest::from_parts(head, body)).await?;
        if restores {
            return restore(answer).await;
        }
        Ok(without_null(answer))
    }
}

/// The library answers notifications with `null`; JSON-RPC has no answer for them.
fn without_null(answer: HttpResponse) -> HttpResponse {
    let is_null = answer.body().size_hint().exact() == Some("null".len() as u64);
    if is_null {
        answer.map(|_| HttpBody::empty())
    } else {
        answer
    }
}

async fn restore(answer: HttpResponse) -> Result<HttpResponse, BoxError> {
    let (head, body) = answer.into_parts();
    let (body, _) = read_body(&head.headers, body, u32::MAX).await?;
    let restored = ids::restore(&body).unwrap_or(body);
    Ok(HttpResponse::from_parts(head, restored.into()))
}
