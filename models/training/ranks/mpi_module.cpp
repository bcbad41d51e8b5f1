// Transport by MPI: a module of its own, which knows nothing of the program. The only file that includes
// mpi.h.
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "models/training/ranks/transport.h"

namespace actionflow::training {
namespace {

std::vector<int> begins_of(std::span<const int> counts) {
  std::vector<int> begins;
  int at = 0;
  for (const int count : counts) {
    begins.push_back(at);
    at += count;
  }
  return begins;
}

class MpiTransport final : public Transport {
 public:
  MpiTransport() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    for (MPI_Comm& channel : channels_) MPI_Comm_dup(MPI_COMM_WORLD, &channel);
  }
  ~MpiTransport() override {
    for (MPI_Comm& channel : channels_) MPI_Comm_free(&channel);
    MPI_Finalize();
  }
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }

  Ticket share(Channel channel, void* all, std::span<const int> counts) override {
    Operation& operation = begin();
    operation.to_counts.assign(counts.begin(), counts.end());
    operation.to_begins = begins_of(counts);
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, all, operation.to_counts.data(), operation.to_begins.data(),
                    MPI_BYTE, of(channel), &operation.request);
    return ticket_of(operation);
  }

  Ticket exchange(Channel channel, const void* from, std::span<const int> from_counts, void* to,
                  std::span<const int> to_counts) override {
    Operation& operation = begin();
    operation.from_counts.assign(from_counts.begin(), from_counts.end());
    operation.from_begins = begins_of(from_counts);
    operation.to_counts.assign(to_counts.begin(), to_counts.end());
    operation.to_begins = begins_of(to_counts);
    MPI_Ialltoallv(from, operation.from_counts.data(), operation.from_begins.data(), MPI_BYTE, to,
                   operation.to_counts.data(), operation.to_begins.data(), MPI_BYTE, of(channel),
                   &operation.request);
    return ticket_of(operation);
  }

  Ticket add_up(Channel channel, std::span<float> values) override {
    Operation& operation = begin();
    MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_FLOAT, MPI_SUM,
                   of(channel), &operation.request);
    return ticket_of(operation);
  }

  bool done(Ticket ticket) override {
    Operation& operation = *operations_[static_cast<std::size_t>(ticket)];
    int ended = 0;
    MPI_Test(&operation.request, &ended, MPI_STATUS_IGNORE);
    if (ended != 0) operation.used = false;
    return ended != 0;
  }

  [[noreturn]] void abort(int code) override {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::_Exit(code);
  }

 private:
  // MPI reads counts for as long as an operation is under way.
  struct Operation {
    bool used = false;
    std::size_t place = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<int> from_counts, from_begins, to_counts, to_begins;
  };

  Operation& begin() {
    auto free =
        std::find_if(operations_.begin(), operations_.end(), [](const auto& one) { return !one->used; });
    if (free == operations_.end()) {
      operations_.push_back(std::make_unique<Operation>());
      free = operations_.end() - 1;
      (*free)->place = operations_.size() - 1;
    }
    (*free)->used = true;
    return **free;
  }
  static Ticket ticket_of(const Operation& operation) { return static_cast<Ticket>(operation.place); }
  MPI_Comm of(Channel channel) const { return channels_[static_cast<std::size_t>(channel)]; }

  int rank_ = 0, ranks_ = 1;
  std::array<MPI_Comm, kChannels> channels_{};
  std::vector<std::unique_ptr<Operation>> operations_;
};

}  // namespace
}  // namespace actionflow::training

// Called once, by kOpenTransport's name.
extern "C" actionflow::training::Transport* actionflow_open_transport(std::string& why_not) {
  int given = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS ||
      given < MPI_THREAD_FUNNELED) {
    why_not = "MPI gives no connection for a program with threads";
    return nullptr;
  }
  return new actionflow::training::MpiTransport;
}
