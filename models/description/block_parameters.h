// Parameters of blocks in what a block says: `$filters` as a whole scalar stands for what the use of the
// block says, whatever that is; a scalar in which more stands beside it is computed
// (models/description/expression.h). What is quoted stays as it is.
#pragma once

#include <map>
#include <string>

#include "base/config/config.h"

namespace actionflow {

using Parameters = std::map<std::string, config::Value>;

// `value` with every such scalar in it replaced, keys excepted. A name that there is not, and what cannot be
// computed, goes to `diagnostics`.
config::Value substitute(const config::Value& value, const Parameters& parameters,
                         config::Diagnostics& diagnostics);

}  // namespace actionflow
