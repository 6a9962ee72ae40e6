//! Registering methods: reading parameters, choosing a thread, catching panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params, ParamsSequence},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

use super::{Rpc, RpcError};

/// A method's result.
pub type RpcResult<T> = Result<T, RpcError>;

/// The positional parameters of a request, read one after the other.
pub struct Args<'a>(ParamsSequence<'a>);

impl Args<'_> {
    /// The next parameter, which must be there.
    ///
    /// # Errors
    /// [`RpcError::Params`] if it is missing or of the wrong type.
    pub fn next<T: DeserializeOwned>(&mut self) -> RpcResult<T> {
        Ok(self.0.next::<T>()?)
    }

    /// The next parameter; none if it is missing or null.
    ///
    /// # Errors
    /// [`RpcError::Params`] if it is of the wrong type.
    pub fn optional<T: DeserializeOwned>(&mut self) -> RpcResult<Option<T>> {
        Ok(self.0.optional_next::<T>()?)
    }

    /// The next parameter, or the type's default if it is missing or null.
    ///
    /// # Errors
    /// [`RpcError::Params`] if it is of the wrong type.
    pub fn or_default<T: DeserializeOwned + Default>(&mut self) -> RpcResult<T> {
        Ok(self.optional()?.unwrap_or_default())
    }
}

/// Collects the methods of the node.
pub struct Registry(RpcModule<Rpc>);

impl Registry {
    /// No methods yet.
    pub fn new(rpc: Rpc) -> Self {
        Self(RpcModule::new(rpc))
    }

    /// Registers a method that answers at once, under all of `names`.
    pub fn quick<R: Serialize>(
        &mut self,
        names: &[&'static str],
        method: impl Fn(&Rpc, &mut Args) -> RpcResult<R> + Copy + Send + Sync + 'static,
    ) {
        for &name in names {
            let answer = move |params: Params, rpc: &Rpc, _: &_| run(name, rpc, &params, method);
            self.0
                .register_method(name, answer)
                .expect("every method is registered once");
        }
    }

    /// Registers a method that executes code, writes, or waits for the writer, under all of `names`.
    /// It gets a thread of its own.
    pub fn heavy<R: Serialize>(
        &mut self,
        names: &[&'static str],
        method: impl Fn(&Rpc, &mut Args) -> RpcResult<R> + Copy + Send + Sync + 'static,
    ) {
        for &name in names {
            let answer =
                move |params: Params, rpc: std::sync::Arc<Rpc>, _| run(name, &rpc, &params, method);
            self.0
                .register_blocking_method(name, answer)
                .expect("every method is registered once");
        }
    }

    /// The module, for what is registered in another way.
    pub fn module(&mut self) -> &mut RpcModule<Rpc> {
        &mut self.0
    }

    /// The finished module.
    pub fn finish(self) -> RpcModule<Rpc> {
        self.0
    }
}

fn run<R: Serialize>(
    name: &str,
    rpc: &Rpc,
    params: &Params,
    method: impl Fn(&Rpc, &mut Args) -> RpcResult<R>,
) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let mut args = Args(params.sequence());
    let answer = catch_unwind(AssertUnwindSafe(|| method(rpc, &mut args))).unwrap_or_else(|_| {
        tracing::error!(method = name, "a method panicked");
        Err(RpcError::Internal("the method panicked".into()))
    });
    let answer = answer.and_then(|answer| {
        to_raw_value(&answer).map_err(|error| RpcError::Internal(error.to_string()))
    });
    Ok(answer.inspect_err(|error| tracing::debug!(method = name, %error, "refused"))?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::{
        accounts::DevAccounts,
        chain::{Chain, ChainConfig, Mining},
        evm::{Config, Executor},
        rpc::filters::Filters,
    };

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_the_chain_goes_on() {
        let config = ChainConfig {
            chain_id: 412_346,
            mining: Mining::Automatic,
            funded: Vec::new(),
            genesis_timestamp: None,
        };
        let chain = Arc::new(Chain::new(config, Executor::new(Config::default())));
        let rpc = Rpc {
            chain: chain.clone(),
            accounts: DevAccounts::default(),
            filters: Filters::default(),
        };
        let mut registry = Registry::new(rpc);
        // With locks held, which must be free afterwards.
        registry.quick(&["quick"], |rpc, _| {
            rpc.chain
                .configure(|_| -> RpcResult<()> { panic!("quick") })
        });
        registry.heavy(&["heavy"], |rpc, _| {
            rpc.chain
                .configure(|_| -> RpcResult<()> { panic!("heavy") })
        });
        registry.heavy(&["mine"], |rpc, _| Ok(rpc.chain.mine(None)?.header.number));
        let module = registry.finish();
        for (id, method) in [(1, "quick"), (2, "heavy")] {
            let request = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
            let (answer, _) = module.raw_json_request(&request, 1).await.unwrap();
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            assert_eq!(
                (&answer["error"]["code"], &answer["id"]),
                (&(-32_603).into(), &id.into()),
                "{answer}"
            );
        }
        let (answer, _) = module
            .raw_json_request(r#"{"jsonrpc":"2.0","id":3,"method":"mine"}"#, 1)
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        assert_eq!(answer["result"], 1);
    }
}
