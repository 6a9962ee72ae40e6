//! The functions by which governance changes Bulkhead's contracts: what each sets, who may call it, and how what it sets is
//! read. Everything that they set is made of words, each of which is one field.

use alloy::sol_types::{SolCall, SolStruct};
use client::abi::{
    IInsurancePool, IMarginVault, IMarketFactory, IOracleGuard, IOwnable, IRiskSteward,
};
use std::sync::LazyLock;
use steward::{Kind, Role};

/// One of Bulkhead's contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A market's vault.
    Vault,
    /// A market's insurance pool.
    Pool,
    /// The oracle guard.
    Guard,
    /// The market factory.
    Factory,
    /// The risk steward.
    Steward,
}

impl Contract {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Pool => "pool",
            Self::Guard => "guard",
            Self::Factory => "factory",
            Self::Steward => "steward",
        }
    }
}

/// Who may call a function, beside the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody.
    Owner,
    /// Whom the owner has offered the contract to.
    PendingOwner,
    /// The guard's guardian.
    Guardian,
    /// The steward's risk agents.
    Agent,
    /// The steward's emergency multisig.
    Emergency,
    /// Everybody.
    Anyone,
}

/// A function that sets something which can be read.
#[derive(Debug)]
pub struct Setter {
    /// Whose function it is.
    pub contract: Contract,
    /// Who calls it.
    pub access: Access,
    /// What it sets, as people call it.
    pub name: &'static str,
    /// Its selector.
    pub set: [u8; 4],
    /// Selector of the view that reads what it sets.
    pub get: [u8; 4],
    /// Words of its arguments with which the view is asked; they come first.
    pub keys: usize,
    /// Words of its arguments in all, those of the number of emergencies included.
    pub words: usize,
    /// `Name(type field,type field)` of what the view returns.
    declaration: String,
    /// The struct, if the steward knows it.
    pub kind: Option<Kind>,
    /// Whether what accounts need, or what insurance pays, may depend on it.
    pub reaches_accounts: bool,
}

/// One field of what is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its type in the ABI.
    pub kind: &'a str,
    /// Its name in the ABI.
    pub name: &'a str,
    /// Which direction is tighter.
    pub role: Role,
}

impl Setter {
    /// What the view returns, one field for each word.
    pub fn fields(&self) -> Vec<Field<'_>> {
        let inside = self
            .declaration
            .split_once('(')
            .map_or("", |(_, rest)| rest);
        let fields = inside.trim_end_matches(')').split(',');
        let roles = self.kind.map_or(&[][..], Kind::fields);
        fields
            .filter_map(|field| field.split_once(' '))
            .enumerate()
            .map(|(place, (kind, name))| Field {
                kind,
                name,
                role: roles.get(place).map_or(Role::Fixed, |field| field.role),
            })
            .collect()
    }

    /// Whether `selector` and so many bytes of arguments call it.
    pub fn matches(&self, selector: &[u8], arguments: usize) -> bool {
        self.set == selector && arguments == 32 * self.words
    }

    /// Whether it promotes a market, which the market's pool tells.
    pub fn is_promotion(&self) -> bool {
        self.set == IMarketFactory::promoteCall::SELECTOR
    }

    /// With the number of emergencies after the value.
    fn with_emergencies(self) -> Self {
        let words = self.words + EMERGENCIES;
        Self { words, ..self }
    }

    fn reaching_accounts(self) -> Self {
        let reaches_accounts = true;
        Self {
            reaches_accounts,
            ..self
        }
    }
}

/// A setter of `$contract`: its name, the function with its words, the view with those of them that it takes, and what that
/// returns.
macro_rules! setter {
    ($contract:ident, $access:ident, $name:literal, $interface:ident :: $set:ident($words:expr), $get:ident($keys:expr), $declaration:expr, $kind:expr) => {
        Setter {
            contract: Contract::$contract,
            access: Access::$access,
            name: $name,
            set: $interface::$set::SELECTOR,
            get: $interface::$get::SELECTOR,
            keys: $keys,
            words: $words,
            declaration: $declaration,
            kind: $kind,
            reaches_accounts: false,
        }
    };
}

/// Words with which the owner says how many emergencies it knows of.
const EMERGENCIES: usize = 1;

/// The setter of a struct that the steward knows.
macro_rules! parameters {
    ($contract:ident, $name:literal, $interface:ident :: $struct:ident, $set:ident, $get:ident, $kind:ident) => {
        setter!(
            $contract,
            Owner,
            $name,
            $interface::$set(
                usize::from(Kind::$kind.is_keyed()) + Kind::$kind.fields().len() + EMERGENCIES
            ),
            $get(usize::from(Kind::$kind.is_keyed())),
            $interface::$struct::eip712_root_type().into_owned(),
            Some(Kind::$kind)
        )
        .reaching_accounts()
    };
}

/// The setter of one value, after keys.
macro_rules! value {
    ($contract:ident, $name:literal, $interface:ident :: $set:ident, $get:ident($keys:expr), $declaration:literal) => {
        setter!(
            $contract,
            Owner,
            $name,
            $interface::$set($keys + 1),
            $get($keys),
            $declaration.into(),
            None
        )
    };
}

/// All of them.
pub static SETTERS: LazyLock<Vec<Setter>> = LazyLock::new(|| {
    let mut all = structs();
    all.extend(roles());
    all.extend(others());
    for contract in [
        Contract::Vault,
        Contract::Pool,
        Contract::Guard,
        Contract::Factory,
        Contract::Steward,
    ] {
        all.extend(ownership(contract));
    }
    all
});

fn structs() -> Vec<Setter> {
    vec![
        parameters!(
            Vault,
            "parameters of the vault",
            IMarginVault::Parameters,
            setParametersCall,
            parametersCall,
            VaultParameters
        ),
        parameters!(
            Vault,
            "instrument",
            IMarginVault::Instrument,
            setInstrumentCall,
            instrumentCall,
            Instrument
        ),
        parameters!(
            Vault,
            "option rules of instrument",
            IMarginVault::OptionRules,
            setOptionRulesCall,
            optionRulesCall,
            OptionRules
        ),
        parameters!(
            Guard,
            "parameters of the guard",
            IOracleGuard::Parameters,
            setParametersCall,
            parametersCall,
            GuardParameters
        ),
        parameters!(
            Guard,
            "range limits of asset",
            IOracleGuard::RangeLimits,
            setRangeLimitsCall,
            rangeLimitsCall,
            RangeLimits
        ),
        parameters!(
            Guard,
            "limits of volatility surfaces",
            IOracleGuard::SurfaceLimits,
            setSurfaceLimitsCall,
            surfaceLimitsCall,
            SurfaceLimits
        ),
        parameters!(
            Pool,
            "parameters of the pool",
            IInsurancePool::Parameters,
            setParametersCall,
            parametersCall,
            PoolParameters
        ),
    ]
}

fn roles() -> Vec<Setter> {
    vec![
        value!(
            Vault,
            "steward of the vault",
            IMarginVault::setStewardCall,
            stewardCall(0),
            "S(address steward)"
        )
        .with_emergencies(),
        value!(
            Guard,
            "steward of the guard",
            IOracleGuard::setStewardCall,
            stewardCall(0),
            "S(address steward)"
        )
        .with_emergencies(),
        value!(
            Pool,
            "steward of the pool",
            IInsurancePool::setStewardCall,
            stewardCall(0),
            "S(address steward)"
        )
        .with_emergencies(),
        value!(
            Guard,
            "uptime feed of the sequencer",
            IOracleGuard::setUptimeFeedCall,
            sequencerUptimeFeedCall(0),
            "F(address feed)"
        ),
        value!(
            Guard,
            "guardian",
            IOracleGuard::setGuardianCall,
            guardianCall(0),
            "G(address guardian)"
        ),
        value!(
            Guard,
            "registrar",
            IOracleGuard::setRegistrarCall,
            registrarCall(0),
            "R(address registrar)"
        ),
        value!(
            Guard,
            "surface provider",
            IOracleGuard::setSurfaceProviderCall,
            surfaceProviderCall(0),
            "P(address surfaceProvider)"
        ),
        value!(
            Pool,
            "registration of vault",
            IInsurancePool::setVaultCall,
            isVaultCall(1),
            "V(bool registered)"
        ),
        value!(
            Factory,
            "steward of new markets",
            IMarketFactory::setStewardCall,
            stewardCall(0),
            "S(address steward)"
        ),
        value!(
            Steward,
            "risk agent",
            IRiskSteward::setAgentCall,
            isAgentCall(1),
            "A(bool allowed)"
        )
        .with_emergencies(),
        value!(
            Steward,
            "emergency multisig",
            IRiskSteward::setEmergencyCall,
            emergencyCall(0),
            "E(address emergency)"
        )
        .with_emergencies(),
    ]
}

fn others() -> Vec<Setter> {
    vec![
        value!(
            Factory,
            "smallest bond in token",
            IMarketFactory::setMinimumBondCall,
            minimumBondCall(1),
            "B(uint256 amount)"
        ),
        value!(
            Factory,
            "quote token",
            IMarketFactory::setQuoteTokenCall,
            isQuoteTokenCall(1),
            "Q(bool allowed)"
        ),
        setter!(
            Guard,
            Owner,
            "feed of asset",
            IOracleGuard::setFeedCall(7 + EMERGENCIES),
            feedCall(1),
            IOracleGuard::Feed::eip712_root_type().into_owned(),
            None
        )
        .reaching_accounts(),
        setter!(
            Guard,
            Guardian,
            "tier of asset",
            IOracleGuard::tripCall(4),
            readCall(1),
            IOracleGuard::Reading::eip712_root_type().into_owned(),
            None
        )
        .reaching_accounts(),
        // The view is the pool's, and takes nothing.
        Setter {
            get: IInsurancePool::isPromotedCall::SELECTOR,
            ..setter!(
                Factory,
                Owner,
                "class of market",
                IMarketFactory::promoteCall(1),
                promoteCall(0),
                "C(bool promoted)".into(),
                None
            )
        }
        .reaching_accounts(),
        // Of the four words that name a field, three are its struct.
        setter!(
            Steward,
            Owner,
            "corridor of",
            IRiskSteward::setCorridorCall(8 + EMERGENCIES),
            corridorCall(4),
            "C(uint256 min,uint256 max,uint64 maxStep,uint32 delay)".into(),
            None
        ),
    ]
}

fn ownership(contract: Contract) -> [Setter; 2] {
    let offer = setter!(
        Vault,
        Owner,
        "offered owner",
        IOwnable::transferOwnershipCall(1),
        pendingOwnerCall(0),
        "O(address pendingOwner)".into(),
        None
    );
    let accept = setter!(
        Vault,
        PendingOwner,
        "owner",
        IOwnable::acceptOwnershipCall(0),
        ownerCall(0),
        "O(address owner)".into(),
        None
    );
    [offer, accept].map(|setter| Setter { contract, ..setter })
}

/// The setter of a struct that the steward knows.
pub fn setter_of(kind: Kind) -> Option<&'static Setter> {
    SETTERS.iter().find(|setter| setter.kind == Some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_of_its_own() {
        for setter in SETTERS.iter() {
            let fields = setter.fields();
            assert!(!fields.is_empty(), "{}", setter.name);
            assert!(setter.words >= setter.keys, "{}", setter.name);
            for (place, field) in fields.iter().enumerate() {
                assert!(!field.name.is_empty());
                assert!(fields[..place].iter().all(|other| other.name != field.name));
            }
        }
    }

    #[test]
    fn every_struct_of_the_steward_is_known_with_all_its_fields() {
        for kind in Kind::ALL {
            let setter = setter_of(kind).unwrap();
            assert_eq!(
                setter.fields().len(),
                kind.fields().len(),
                "{}",
                setter.name
            );
            assert_eq!(
                setter.words,
                setter.keys + kind.fields().len() + EMERGENCIES
            );
        }
    }

    /// Functions of an interface that set something, but for those that users and the surface provider call.
    fn setters_in(interface: &str) -> usize {
        let path = format!("../../../contracts/interfaces/{interface}.sol");
        let source = std::fs::read_to_string(path).unwrap();
        let names = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("function set"))
            .filter_map(|rest| rest.split_once('('))
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(|first: char| first.is_uppercase()));
        names
            .filter(|name| !["Signer", "Surface", "Operator"].contains(name))
            .count()
    }

    #[test]
    fn no_setter_of_an_interface_is_forgotten() {
        for (contract, interface, others) in [
            (Contract::Vault, "IMarginVault", 0),
            (Contract::Pool, "IInsurancePool", 0),
            // Trips.
            (Contract::Guard, "IOracleGuard", 1),
            // Promotions.
            (Contract::Factory, "IMarketFactory", 1),
            (Contract::Steward, "IRiskSteward", 0),
        ] {
            const OWNERSHIP: usize = 2;
            let known = SETTERS.iter().filter(|setter| setter.contract == contract);
            assert_eq!(
                known.count(),
                setters_in(interface) + others + OWNERSHIP,
                "{interface}"
            );
        }
    }

    #[test]
    fn no_two_setters_of_a_contract_are_called_alike() {
        for (place, one) in SETTERS.iter().enumerate() {
            let alike = |other: &&Setter| other.contract == one.contract && other.set == one.set;
            assert_eq!(
                SETTERS[..place]
                    .iter()
                    .find(alike)
                    .map(|setter| setter.name),
                None
            );
        }
    }

    #[test]
    fn what_must_not_be_tightened_in_an_emergency_is_where_the_steward_thinks_it_is() {
        let role = |kind: Kind, wanted: &str| {
            let fields = setter_of(kind).unwrap().fields();
            let field = fields.iter().find(|field| field.name == wanted);
            field.expect("a field of this name").role
        };
        assert_eq!(role(Kind::Instrument, "asset"), Role::Fixed);
        assert_eq!(role(Kind::Instrument, "maintenanceRate"), Role::Steered);
        assert_eq!(role(Kind::Instrument, "initialRate"), Role::TighterUp);
        assert_eq!(role(Kind::Instrument, "shock"), Role::TighterUp);
        assert_eq!(role(Kind::VaultParameters, "treasury"), Role::Fixed);
        assert_eq!(
            role(Kind::VaultParameters, "dailyOutflow"),
            Role::TighterDown
        );
        assert_eq!(role(Kind::GuardParameters, "calmPeriod"), Role::TighterUp);
        assert_eq!(
            role(Kind::GuardParameters, "rangeMultiplier"),
            Role::Steered
        );
        assert_eq!(role(Kind::OptionRules, "tick"), Role::Fixed);
        assert_eq!(role(Kind::OptionRules, "volRange"), Role::Steered);
        assert_eq!(role(Kind::OptionRules, "vegaLimit"), Role::TighterDown);
        assert_eq!(role(Kind::PoolParameters, "cooldown"), Role::TighterUp);
        assert_eq!(role(Kind::SurfaceLimits, "staleAfter"), Role::TighterDown);
    }
}
