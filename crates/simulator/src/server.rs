//! The simulator on a socket: HTTP/1.1 on loopback. Beside AWS's services it answers Charter's own questions below `/_charter/`:
//! they are how another process that shares the store asks for what a process that has it open would be told directly.

use crate::organization::{Organization, StaticCredentials};
use crate::simulator::{ConnectionLost, Simulator};
use crate::store::InventoryItem;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// Larger requests are refused.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

const SEED: &str = "/_charter/seed";
const INVENTORY: &str = "/_charter/inventory";

impl Simulator {
    /// Serves until `shutdown` is done; connections that are being answered are answered first.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
        if let Some(files) = self.files() {
            files.announce(listener.local_addr()?)?;
        }
        let connections = hyper_util::server::graceful::GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // Too many open files, or a caller that is gone already: the next may do better.
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be accepted");
                        tokio::task::yield_now().await;
                        continue;
                    }
                },
                () = &mut shutdown => break,
            };
            // Small answers must not wait for more to come.
            drop(stream.set_nodelay(true));
            let simulator = self.clone();
            let service = service_fn(move |request| answer(simulator.clone(), request));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let connection = connections.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended");
                }
            });
        }
        if let Some(files) = self.files() {
            files.withdraw();
        }
        connections.shutdown().await;
        Ok(())
    }
}

async fn answer(simulator: Simulator, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, ConnectionLost> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::debug!(%error, "a request's body did not come");
            return Err(ConnectionLost);
        }
    };
    let response = match (&parts.method, parts.uri.path()) {
        (&Method::GET, INVENTORY) => json(&simulator.inventory()),
        (&Method::POST, SEED) => match serde_json::from_slice::<Organization>(&body) {
            Ok(organization) => {
                simulator.seed(&organization).map_or_else(|error| refused(&error.to_string()), |keys| json(&keys))
            }
            Err(error) => refused(&error.to_string()),
        },
        _ => simulator.handle(Request::from_parts(parts, body)).await?,
    };
    Ok(response.map(Full::new))
}

fn json(value: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(body) => Response::new(Bytes::from(body)),
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(message.to_owned()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// A simulator that another process serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningSimulator {
    address: SocketAddr,
}

/// Why a running simulator does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the simulator at {address} does not answer: {problem}")]
pub struct NotAnswering {
    /// Where it should be.
    pub address: SocketAddr,
    /// What happened instead.
    pub problem: String,
}

impl RunningSimulator {
    /// The simulator at an address, as [`Simulator::running_at`] tells it.
    pub fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Where it serves AWS.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As [`Simulator::seed`].
    pub async fn seed(&self, organization: &Organization) -> Result<StaticCredentials, NotAnswering> {
        let body = serde_json::to_vec(organization).map_err(|error| self.problem(error))?;
        self.ask(Method::POST, SEED, body).await
    }

    /// As [`Simulator::inventory`].
    pub async fn inventory(&self) -> Result<Vec<InventoryItem>, NotAnswering> {
        self.ask(Method::GET, INVENTORY, Vec::new()).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Vec<u8>) -> Result<T, NotAnswering> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| self.problem(error))?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| self.problem(error))?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| self.problem(error))?;
        let response = sender.send_request(request).await.map_err(|error| self.problem(error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| self.problem(error))?.to_bytes();
        if !status.is_success() {
            return Err(self.problem(String::from_utf8_lossy(&body)));
        }
        serde_json::from_slice(&body).map_err(|error| self.problem(error))
    }

    fn problem(&self, problem: impl std::fmt::Display) -> NotAnswering {
        NotAnswering { address: self.address, problem: problem.to_string() }
    }
}
