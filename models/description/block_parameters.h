// Parameters of blocks: `$filters` as a whole scalar stands for what the use of the block says.
#pragma once

#include <map>
#include <string>

#include "base/config/config.h"

namespace actionflow {

using Parameters = std::map<std::string, config::Value>;

// `value` with every `$name` in it replaced, keys excepted. A name that there is not goes to `diagnostics`.
config::Value substitute(const config::Value& value, const Parameters& parameters,
                         config::Diagnostics& diagnostics);

}  // namespace actionflow
