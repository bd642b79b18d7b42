//! What is said to the server: the only file that speaks its language (RESP3, Valkey or Redis from 6 on).

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisError};
use redis::{TlsCertificates, Value, cmd};
use tokio::time::timeout;
use uuid::Uuid;

use super::names::VersionNames;
use crate::config::SharedCacheConfig;

/// How long a version lasts, about. It is not prolonged: to the server that is a change, of which it would tell everyone. What was kept under
/// it for longer is asked again once.
const VERSION: Duration = Duration::from_secs(24 * 3_600);
/// Longest version that is read; ours have 32 letters.
const MAX_VERSION_BYTES: usize = 64;
/// Names in one command.
const AT_ONCE: usize = 500;

/// Why the server did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ServerError {
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error("{0}")]
    Refused(String),
    /// The connection is of no use any more.
    #[error("{0}")]
    Gone(String),
}

impl From<RedisError> for ServerError {
    fn from(error: RedisError) -> Self {
        let is_gone = error.is_io_error() || error.is_unrecoverable_error();
        if is_gone { Self::Gone(error.to_string()) } else { Self::Refused(error.to_string()) }
    }
}

/// What the server tells by itself.
pub(super) enum News {
    /// Keys that were read through this connection were changed.
    Changed(Vec<Vec<u8>>),
    /// All keys may have been.
    AllChanged,
    Closed,
}

/// One item that is looked up.
pub(super) struct Question {
    pub(super) versions: VersionNames,
    /// Names of values, the best first.
    pub(super) values: Vec<String>,
}

/// What the server has of it.
pub(super) struct Found {
    pub(super) versions: [Option<String>; 2],
    /// As stored; empty where there is nothing.
    pub(super) values: Vec<Vec<u8>>,
}

pub(super) struct LookedUp {
    /// The server's time, in microseconds since 1970.
    pub(super) at: u64,
    pub(super) found: Vec<Found>,
}

/// A value to be written.
pub(super) struct Write {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) lasts: Duration,
}

/// A connection, for all who use it at once.
#[derive(Clone)]
pub(super) struct Server {
    connection: MultiplexedConnection,
    max_value_bytes: usize,
}

/// Whom to connect to, as configured. Connects to nobody.
pub(super) fn client(config: &SharedCacheConfig, roots: Option<Vec<u8>>) -> Result<Client, ServerError> {
    let info = config.url.text().into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.set_redis_settings(settings.set_lib_name("ordergate", env!("CARGO_PKG_VERSION")));
    Ok(match roots {
        Some(roots) => Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(roots) })?,
        None => Client::open(info)?,
    })
}

impl Server {
    /// Connects and has changes told to `hear`, which must not block.
    pub(super) async fn connect(
        client: &Client,
        config: &SharedCacheConfig,
        hear: impl Fn(News) + Send + Sync + 'static,
    ) -> Result<Self, ServerError> {
        let sender = move |push: PushInfo| {
            match push.kind {
                PushKind::Invalidate => hear(changed(push.data)),
                PushKind::Disconnection => hear(News::Closed),
                _ => {}
            }
            Ok::<_, std::convert::Infallible>(())
        };
        let limit = config.connect();
        let options = AsyncConnectionConfig::new().set_connection_timeout(Some(limit)).set_response_timeout(None);
        let options = options.set_push_sender(sender);
        let connecting = async {
            let connection = client.get_multiplexed_async_connection_with_config(&options).await?;
            let server = Self { connection, max_value_bytes: config.max_value_bytes };
            // Told of keys that it read after CLIENT CACHING YES, and not of what it changes itself.
            let tracking = ["TRACKING", "ON", "OPTIN", "NOLOOP"];
            server.run(&[tracking.iter().fold(cmd("CLIENT"), |command, word| with(command, word))]).await?.ok()?;
            Ok(server)
        };
        timeout(limit, connecting).await.unwrap_or(Err(ServerError::Timeout(limit)))
    }

    /// Reads values with the versions that they must be under; makes the versions that are not there. Changes of these versions are told
    /// from now on.
    pub(super) async fn look_up(&self, questions: &[Question]) -> Result<LookedUp, ServerError> {
        let versions: Vec<_> = questions.iter().flat_map(|question| &question.versions).collect();
        let id = Uuid::now_v7().simple().to_string();
        let mut commands = vec![cmd("TIME")];
        commands.extend(versions.iter().map(|name| expiring(cmd("SET").arg(*name).arg(&id).arg("NX"), jittered(VERSION))));
        commands.extend([with(with(cmd("CLIENT"), "CACHING"), "YES"), cmd("MULTI")]);
        commands.extend(versions.iter().map(|name| range(name, MAX_VERSION_BYTES)));
        commands.push(cmd("EXEC"));
        // One byte more than fits tells that there is too much, without reading all of it.
        commands.extend(questions.iter().flat_map(|question| &question.values).map(|name| range(name, self.max_value_bytes)));
        let mut replies = self.run(&commands).await?;
        let at = micros(replies.next()?)?;
        // Refused where there is no room: then only versions that are there already will do.
        versions.iter().try_for_each(|_| replies.next().map(drop))?;
        let (caching, multi) = (replies.next()?, replies.next()?);
        [caching, multi].into_iter().try_for_each(accepted)?;
        versions.iter().try_for_each(|_| replies.next().map(drop))?;
        let Value::Array(read) = replies.next()? else { return Err(ServerError::Refused("EXEC was refused".into())) };
        let mut versions = read.into_iter().map(|reply| String::from_utf8(text(reply)).ok().filter(|id| !id.is_empty()));
        let mut version = || versions.next().flatten();
        let found = questions.iter().map(|question| {
            let versions = [version(), version()];
            let values = question.values.iter().map(|_| replies.next().map(text)).collect::<Result<_, _>>()?;
            Ok(Found { versions, values })
        });
        Ok(LookedUp { at, found: found.collect::<Result<_, ServerError>>()? })
    }

    /// Writes values: for each, whether it was.
    pub(super) async fn write(&self, values: &[Write]) -> Result<Vec<Result<(), String>>, ServerError> {
        let commands: Vec<_> =
            values.iter().map(|value| expiring(cmd("SET").arg(&value.name).arg(&value.bytes), value.lasts)).collect();
        let mut replies = self.run(&commands).await?;
        let written = values.iter().map(|_| {
            Ok(match replies.next()? {
                Value::ServerError(error) => Err(error.code().to_owned()),
                _ => Ok(()),
            })
        });
        written.collect()
    }

    /// Ends versions: every host that read one is told.
    pub(super) async fn end_versions(&self, names: &[String]) -> Result<(), ServerError> {
        for names in names.chunks(AT_ONCE) {
            self.run(&[cmd("UNLINK").arg(names).to_owned()]).await?.ok()?;
        }
        Ok(())
    }

    /// Ends all versions that there are.
    pub(super) async fn end_all_versions(&self, pattern: &str) -> Result<(), ServerError> {
        let mut cursor = "0".to_owned();
        loop {
            let scan = cmd("SCAN").arg(&cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(AT_ONCE).to_owned();
            let reply = self.run(&[scan]).await?.next()?;
            let Value::Array(parts) = reply else { return accepted(reply) };
            let mut parts = parts.into_iter();
            cursor = String::from_utf8(text(parts.next().unwrap_or_default())).unwrap_or_default();
            if let Some(Value::Array(names)) = parts.next() {
                let names: Vec<_> = names.into_iter().filter_map(|name| String::from_utf8(text(name)).ok()).collect();
                self.end_versions(&names).await?;
            }
            if cursor.is_empty() || cursor == "0" {
                return Ok(());
            }
        }
    }

    pub(super) async fn ping(&self) -> Result<(), ServerError> {
        self.run(&[cmd("PING")]).await?.ok()
    }

    async fn run(&self, commands: &[Cmd]) -> Result<Replies, ServerError> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        for command in commands {
            pipeline.add_command(command.clone());
        }
        // A refused command refuses none of the others.
        let replies = self.connection.clone().req_packed_commands(&pipeline, 0, commands.len()).await?;
        Ok(Replies(replies.into_iter()))
    }
}

/// One for each command, in order.
struct Replies(std::vec::IntoIter<Value>);

impl Replies {
    fn next(&mut self) -> Result<Value, ServerError> {
        self.0.next().ok_or_else(|| ServerError::Gone("the server answered less than was asked".into()))
    }

    /// Of a single command of which only an error matters.
    fn ok(mut self) -> Result<(), ServerError> {
        accepted(self.next()?)
    }
}

fn accepted(reply: Value) -> Result<(), ServerError> {
    match reply {
        Value::ServerError(error) => {
            Err(ServerError::Refused(format!("{} {}", error.code(), error.details().unwrap_or_default())))
        }
        _ => Ok(()),
    }
}

fn with(mut command: Cmd, word: &str) -> Cmd {
    command.arg(word);
    command
}

fn range(name: &str, last: usize) -> Cmd {
    cmd("GETRANGE").arg(name).arg(0).arg(last).to_owned()
}

fn expiring(command: &mut Cmd, after: Duration) -> Cmd {
    command.arg("PX").arg(u64::try_from(after.as_millis()).unwrap_or(u64::MAX).max(1)).to_owned()
}

/// Up to a fifth less: what was made in one minute does not all end in one.
fn jittered(time: Duration) -> Duration {
    let share = Uuid::now_v7().as_u64_pair().1 % 200;
    time - time / 1_000 * u32::try_from(share).unwrap_or_default()
}

fn text(reply: Value) -> Vec<u8> {
    match reply {
        Value::BulkString(bytes) => bytes,
        Value::SimpleString(text) => text.into_bytes(),
        // What is of another type is none of ours.
        _ => Vec::new(),
    }
}

fn micros(reply: Value) -> Result<u64, ServerError> {
    let unreadable = || ServerError::Refused("TIME answered no time".into());
    let Value::Array(parts) = reply else { return Err(unreadable()) };
    let mut numbers = parts.into_iter().map(|part| String::from_utf8(text(part)).ok()?.parse::<u64>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(seconds), Some(micros)) => {
            seconds.checked_mul(1_000_000).and_then(|all| all.checked_add(micros)).ok_or_else(unreadable)
        }
        _ => Err(unreadable()),
    }
}

/// A list of keys, or nothing: all of them.
fn changed(data: Vec<Value>) -> News {
    match data.into_iter().next() {
        Some(Value::Array(keys)) => News::Changed(keys.into_iter().map(text).collect()),
        _ => News::AllChanged,
    }
}
