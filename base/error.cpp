#include "base/error.h"

#include <new>

namespace actionflow {

Failure Failure::from_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return {error.exit_code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {ExitCode::failure, "out of memory"};
  } catch (const std::exception& error) {
    return {ExitCode::failure, error.what()};
  } catch (...) {
    return {ExitCode::failure, "unknown error"};
  }
}

}  // namespace actionflow
