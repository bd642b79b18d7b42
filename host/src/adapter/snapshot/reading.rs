//! Reads globals and memories out of a configured instance, through the accessors that the snapshot library has built into it.

use wasmtime::component::{ComponentNamedList, Lift, TypedFunc, WasmList};
use wasmtime_wizer::ComponentInstanceState;

use super::rehearsal::Rehearsal;

pub(super) struct Reading<'a> {
    rehearsal: &'a mut Rehearsal,
    /// The first. The library's trait knows no errors, so what was read after it is meaningless.
    failure: Option<wasmtime::Error>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(rehearsal: &'a mut Rehearsal) -> Self {
        // The host reads all of the memory, and owes nobody for it.
        rehearsal.store.set_hostcall_fuel(usize::MAX);
        Self { rehearsal, failure: None }
    }

    /// Whether all that was read is right.
    pub(super) fn finish(self) -> wasmtime::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    async fn number<R: Lift + Default + Send + Sync + 'static>(&mut self, interface: &str, function: &str) -> R {
        match self.call::<(R,)>(interface, function).await {
            Ok((value,)) => value,
            Err(cause) => {
                self.failure.get_or_insert(cause);
                R::default()
            }
        }
    }

    async fn call<R: ComponentNamedList + Lift + Send + Sync + 'static>(
        &mut self,
        interface: &str,
        function: &str,
    ) -> wasmtime::Result<R> {
        let (store, instance) = (&mut self.rehearsal.store, self.rehearsal.instance);
        let missing = || wasmtime::Error::msg(format!("{interface} has no {function}"));
        let interface = instance.get_export_index(&mut *store, None, interface).ok_or_else(missing)?;
        let index = instance.get_export_index(&mut *store, Some(&interface), function).ok_or_else(missing)?;
        let accessor: TypedFunc<(), R> = instance.get_typed_func(&mut *store, index)?;
        accessor.call_async(&mut *store, ()).await
    }
}

impl ComponentInstanceState for Reading<'_> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.call::<(WasmList<u8>,)>(instance, func).await {
            Ok((list,)) => contents(list.as_le_slice(&self.rehearsal.store)),
            Err(cause) => {
                self.failure.get_or_insert(cause);
                contents(&[]);
            }
        }
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.number(instance, func).await
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.number(instance, func).await
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.number::<f32>(instance, func).await.to_bits()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.number::<f64>(instance, func).await.to_bits()
    }
}
