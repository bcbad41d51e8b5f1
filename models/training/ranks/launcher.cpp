#include "models/training/ranks/launcher.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace actionflow::training {

namespace {

// 0 where there is none, or no number.
int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  int number = 0;
  if (text != nullptr) std::from_chars(text, text + std::string_view(text).size(), number);
  return number;
}

bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }

// Open MPI's mpirun, PMIx without a count of its own (srun --mpi=pmix), PMI.
int processes_started() {
  const int counted = std::max(number_in("OMPI_COMM_WORLD_SIZE"), number_in("PMI_SIZE"));
  if (counted > 0 || !is_set("PMIX_RANK")) return counted;
  return std::max(1, number_in("SLURM_STEP_NUM_TASKS"));
}

constexpr const char* kModule = "actionflow_mpi.so";

// Beside the program, or where its package has put it.
std::filesystem::path module_file() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const std::filesystem::path& place :
       {folder / kModule, folder / ".." / ACTIONFLOW_MODULE_FOLDER / kModule})
    if (std::filesystem::exists(place, error)) return place.lexically_normal();
  return {};
}

std::unique_ptr<Transport> open_transport(int processes) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(
        fmt::format("started as one of {} processes by an MPI launcher, but {}", processes, why));
  };
  const std::filesystem::path file = module_file();
  if (file.empty())
    refuse("this actionflow was built without MPI; expected one built where libopenmpi-dev is installed");
#ifdef ACTIONFLOW_MPI_LIBRARY
  // For all: its own plugins look for its symbols among the program's.
  if (dlopen(ACTIONFLOW_MPI_LIBRARY, RTLD_NOW | RTLD_GLOBAL) == nullptr)
    refuse(fmt::format("MPI's library is not there: {}; expected openmpi-bin installed", dlerror()));
#endif
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) refuse(fmt::format("MPI cannot be opened: {}", dlerror()));
  void* open = dlsym(module, kOpenTransport);
  if (open == nullptr) refuse(fmt::format("{} is of another version: {}", file.string(), dlerror()));
  std::string why_not;
  std::unique_ptr<Transport> transport(reinterpret_cast<OpenTransport>(open)(why_not));
  if (transport == nullptr) refuse(why_not);
  if (transport->ranks() == 1 && processes > 1)
    refuse(
        "MPI knows of one only; expected the launcher of the MPI that actionflow was built with, as Open "
        "MPI's mpirun or srun --mpi=pmix");
  return transport;
}

}  // namespace

bool started_by_launcher() { return processes_started() > 0; }

int ranks_on_this_machine() {
  return std::max({1, number_in("OMPI_COMM_WORLD_LOCAL_SIZE"), number_in("MPI_LOCALNRANKS")});
}

std::unique_ptr<Ranks> join_ranks() {
  const int processes = processes_started();
  if (processes <= 1) return std::make_unique<Ranks>();
  auto ranks = std::make_unique<Ranks>(open_transport(processes));
  return ranks;
}

}  // namespace actionflow::training
