//! EVM instructions that mean something else on Arbitrum.

use revm::{
    bytecode::opcode::SELFDESTRUCT,
    handler::instructions::EthInstructions,
    interpreter::{
        Instruction, InstructionContext, InstructionExecResult, InstructionResult,
        instructions::{gas_table_spec, host},
        interpreter::EthInterpreter,
        interpreter_types::InputsTr,
    },
    primitives::{Address, B256, hardfork::SpecId},
};

use super::context::Ctx;

/// The instructions of `spec` as ArbOS has them.
pub(super) fn arbitrum<'a>(spec: SpecId) -> EthInstructions<EthInterpreter, Ctx<'a>> {
    let mut instructions = EthInstructions::new_mainnet_with_spec(spec);
    let gas = gas_table_spec(spec)[usize::from(SELFDESTRUCT)];
    instructions.insert_instruction(SELFDESTRUCT, Instruction::new(selfdestruct), gas);
    instructions
}

/// `SELFDESTRUCT`, shown to the recorder as a call that sends the balance.
fn selfdestruct(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    let from = interpreter.input.target_address();
    let target = interpreter.stack.data().last().copied();
    let balance = host
        .journaled_state
        .inner
        .state
        .get(&from)
        .map(|account| account.info.balance);
    let result = host::selfdestruct(InstructionContext {
        interpreter,
        host: &mut *host,
    });
    if let (Some(recorder), Err(InstructionResult::SelfDestruct), Some(target)) =
        (&mut host.chain.recorder, result, target)
    {
        let to = Address::from_word(B256::from(target));
        recorder.selfdestruct(from, to, balance.unwrap_or_default());
    }
    result
}
