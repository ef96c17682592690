//! `charter simulator`: the simulated cloud of an environment, for the AWS CLI, boto3, or a look.

use crate::arguments::{GlobalArguments, SimulatorArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::ui::{BOLD, DIM, Ui, paint};
use crate::{interrupt, project, target};
use charter_executor::Interrupt;
use charter_model::TargetKind;
use charter_simulator::{RunningSimulator, Simulator};

/// Serves it until interrupted; or lists it, or forgets it.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &SimulatorArguments) -> CommandResult {
    let place = project::place(global, &arguments.environment)?;
    if place.settings.target != TargetKind::Simulator {
        let message = format!("the environment {} runs against AWS", arguments.environment);
        return Err(CommandError::new(ExitCode::InvalidInput, message).help("name one that says `target: simulator`"));
    }
    let running = Simulator::running_at(&place.simulator_folder());
    if arguments.list {
        let items = match running {
            Some(address) => RunningSimulator::at(address)
                .inventory()
                .await
                .map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?,
            None => target::open(&place)?.0.inventory(),
        };
        for item in &items {
            ui.emit("resource", item);
            ui.data(&format!("{}  {:10}  {:40}  {}", item.account, item.region, item.kind, item.identifier));
        }
        ui.say(&format!("{} resources in the simulated accounts", items.len()));
        return Ok(ExitCode::Done);
    }
    if let Some(address) = running {
        return Err(CommandError::new(ExitCode::Locked, format!("this simulator runs already, at http://{address}"))
            .help("use it there, or end that process first"));
    }
    if arguments.reset {
        match std::fs::remove_dir_all(place.simulator_folder()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        ui.say("the simulated cloud is forgotten");
        return Ok(ExitCode::Done);
    }
    let served = target::serve(&place, arguments.port).await?;
    let region = &place.settings.region;
    ui.emit(
        "serving",
        &serde_json::json!({
            "endpoint": format!("http://{}", served.address),
            "region": region,
            "accessKeyId": served.credentials.access_key_id,
            "secretAccessKey": served.credentials.secret_access_key,
        }),
    );
    ui.say(&format!("{} at http://{}; Ctrl-C ends it", paint(BOLD, "The simulator listens"), served.address));
    ui.say(&paint(
        DIM,
        "It checks signatures, so give the AWS CLI or boto3 its own credentials, which open nothing else:",
    ));
    ui.data(&format!("export AWS_ENDPOINT_URL=http://{}", served.address));
    // boto3 and version 1 of the AWS CLI read the one, everything else the other.
    ui.data(&format!("export AWS_REGION={region} AWS_DEFAULT_REGION={region}"));
    ui.data(&format!("export AWS_ACCESS_KEY_ID={}", served.credentials.access_key_id));
    ui.data(&format!("export AWS_SECRET_ACCESS_KEY={}", served.credentials.secret_access_key));
    let mut interrupts = interrupt::watch()?;
    let _ = interrupts.wait_for(|interrupt| *interrupt != Interrupt::None).await;
    Ok(ExitCode::Done)
}
