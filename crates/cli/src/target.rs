//! What a run talks to: AWS, or the simulator that this process serves (or finds served by another).

use crate::command_error::{CommandError, ExitCode};
use crate::project::{Place, Project};
use crate::ui::{DIM, Ui, paint};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsConfiguration, AwsProvider};
use charter_catalog::Catalog;
use charter_model::TargetKind;
use charter_simulator::{Organization, RunningSimulator, Settings, Simulator, StaticCredentials};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A provider that can be called, with what keeps it alive.
pub(crate) struct Target {
    /// Configured for the accounts of the environment.
    pub(crate) provider: Arc<AwsProvider>,
    /// Served by this process; none on AWS or where another process serves it.
    _simulator: Option<ServedSimulator>,
}

/// A simulator on loopback, stopped when dropped.
pub(crate) struct ServedSimulator {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Of the management account's administrator.
    pub(crate) credentials: StaticCredentials,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for ServedSimulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Connects to what the environment runs against.
pub(crate) async fn connect(ui: Ui, project: &Project) -> Result<Target, CommandError> {
    let graph = &project.graph;
    let mut configuration =
        AwsConfiguration::new(graph.environment.clone(), graph.accounts.clone(), graph.region.clone());
    let mut simulator = None;
    if graph.target == TargetKind::Simulator {
        let (address, credentials) = match Simulator::running_at(&project.place.simulator_folder()) {
            Some(address) => {
                ui.say(&paint(DIM, format!("using the simulator that runs at http://{address}")));
                let credentials =
                    RunningSimulator::at(address).seed(&organization(&project.place)?).await.map_err(|error| {
                        CommandError::new(ExitCode::Unexpected, error.to_string())
                            .help("end the process that serves it")
                    })?;
                (address, credentials)
            }
            None => {
                let served = serve(&project.place, 0).await?;
                let found = (served.address, served.credentials.clone());
                simulator = Some(served);
                found
            }
        };
        configuration.endpoint = Some(format!("http://{address}"));
        configuration.base_credentials = Some(SharedCredentialsProvider::new(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            None,
            None,
            "simulator",
        )));
    }
    let provider = AwsProvider::configure(configuration, Catalog::embedded())
        .await
        .map_err(|failure| CommandError::new(ExitCode::Credentials, failure.to_string()))?;
    Ok(Target { provider: Arc::new(provider), _simulator: simulator })
}

/// Opens the environment's simulated cloud, with its accounts seeded.
pub(crate) fn open(place: &Place) -> Result<(Simulator, StaticCredentials), CommandError> {
    let mut settings: Settings = serde_json::from_value(place.settings.simulator.clone().into()).map_err(|error| {
        CommandError::new(
            ExitCode::InvalidInput,
            format!("environments/{}.yaml: `simulator`: {error}", place.settings.environment),
        )
    })?;
    settings.exchanges.clone_from(&place.exchanges);
    settings.enforce_policies |= place.enforce_policies;
    let folder = place.simulator_folder();
    let simulator = Simulator::open(settings, Some(&folder)).map_err(|error| {
        CommandError::new(ExitCode::Unexpected, format!("the simulator cannot start: {error}"))
            .help("`charter simulator --reset` forgets the simulated cloud")
    })?;
    let credentials = simulator.seed(&organization(place)?).map_err(|error| {
        CommandError::new(ExitCode::Unexpected, format!("the simulator cannot be written: {error}"))
    })?;
    Ok((simulator, credentials))
}

/// Serves the environment's simulated cloud on 127.0.0.1.
pub(crate) async fn serve(place: &Place, port: u16) -> Result<ServedSimulator, CommandError> {
    let (simulator, credentials) = open(place)?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        CommandError::new(ExitCode::InvalidInput, format!("port {port} cannot be used: {error}"))
            .help("take another with --port, or 0 for a free one")
    })?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        if let Err(error) = simulator.serve(listener, std::future::pending()).await {
            tracing::error!(%error, "the simulator ended");
        }
    });
    Ok(ServedSimulator { address, credentials, server })
}

fn organization(place: &Place) -> Result<Organization, CommandError> {
    Organization::of(&place.settings.accounts)
        .ok_or_else(|| CommandError::new(ExitCode::InvalidInput, "the environment names no account"))
}
