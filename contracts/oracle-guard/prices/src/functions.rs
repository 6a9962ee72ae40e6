//! What the program serves itself.

guard_support::functions! {
    POKE = guard::pokeCall;
    POKE_MANY = guard::pokeManyCall;
    READ = guard::readCall;
    READ_MANY = guard::readManyCall;
    MARKS = guard::marksCall;
    MARKS_WITH_OPTIONS = guard::marksWithOptionsCall;
    FRESH_MARKS = guard::freshMarksCall;
    FRESH_MARKS_WITH_OPTIONS = guard::freshMarksWithOptionsCall;
    SETTLEMENT = guard::settlementCall;
    TRIP = guard::tripCall;
}
