#include "nodes/flow/clip_gate.h"

#include <algorithm>
#include <utility>

namespace actionflow {

namespace {

// Something to do for networks: neither the end of a segment nor a still window.
bool is_clip(const ClipItem& item) { return item.mark == Mark::none && !item.ticket->still(); }

}  // namespace

// Tells the gate when the clip is answered everywhere below.
class ClipGate::ClipTicket : public Ticket {
 public:
  ClipTicket(WindowInfo window, std::shared_ptr<ClipGate> gate)
      : Ticket(gate->counter_, window), gate_(std::move(gate)) {}
  ~ClipTicket() override { gate_->done(*this); }

  bool below = false;  // counted among the gate's clips below; guarded by the gate's mutex

 private:
  std::shared_ptr<ClipGate> gate_;
};

ClipGate::ClipGate(StreamState& stream, std::function<int()> in_flight,
                   std::function<void(const ClipItem&)> emit, std::function<void()> room,
                   std::shared_ptr<InFlight> counter, std::size_t live_queue,
                   std::function<void(const WindowInfo&)> dropped)
    : stream_(stream),
      limit_(std::move(in_flight)),
      emit_(std::move(emit)),
      room_(std::move(room)),
      counter_(std::move(counter)),
      live_queue_(live_queue),
      dropped_(std::move(dropped)) {}

// The items handed on are let go only after the mutex is free: the last copy of one takes it again.
void ClipGate::put(StreamId stream, std::vector<Window> windows) {
  std::vector<ClipItem> passed, items;
  for (Window& window : windows) items.push_back(item_of(window));
  const auto clips = static_cast<std::size_t>(std::count_if(items.begin(), items.end(), is_clip));
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    items[i].key = {stream, windows[i].segment, number_++};
    queue_.push_back(std::move(items[i]));
    ++stream_.waiting;
    last_ = Window{windows[i].segment, windows[i].info, Dropped{}, windows[i].still};
  }
  pump(passed);
  const std::size_t most = std::max(live_queue_, clips + std::exchange(newest_clips_, clips));
  while (stream_.live && waiting_clips() > most) drop_oldest(passed);
}

// Without a number.
ClipItem ClipGate::item_of(Window& window) {
  ClipItem item;
  item.ticket = std::make_shared<ClipTicket>(window.info, shared_from_this());
  item.outcome = std::move(window.clips);
  if (item.outcome.failed()) item.ticket->mark_failed();
  if (window.still) {
    item.outcome = Dropped{};
    item.ticket->mark_still();
  }
  return item;
}

void ClipGate::end_segment(StreamId stream, Mark mark) {
  std::vector<ClipItem> passed;
  const std::lock_guard lock(mutex_);
  if (!last_) return;
  const WindowInfo at_the_end{
      .start = last_->info.end, .end = last_->info.end, .arrival_ns = last_->info.arrival_ns};
  queue_.push_back(
      {{stream, last_->segment, number_++}, mark, std::make_shared<Ticket>(counter_, at_the_end), Dropped{}});
  ++stream_.waiting;
  last_.reset();
  pump(passed);
}

void ClipGate::pump(std::vector<ClipItem>& passed) {
  while (!queue_.empty() && (!is_clip(queue_.front()) || below_ < limit_())) {
    ClipItem& item = passed.emplace_back(std::move(queue_.front()));
    queue_.pop_front();
    --stream_.waiting;
    if (is_clip(item)) {
      static_cast<ClipTicket&>(*item.ticket).below = true;
      ++below_;
    }
    emit_(item);
  }
}

std::size_t ClipGate::waiting_clips() const {
  return static_cast<std::size_t>(std::count_if(queue_.begin(), queue_.end(), is_clip));
}

void ClipGate::drop_oldest(std::vector<ClipItem>& passed) {
  const auto oldest = std::find_if(queue_.begin(), queue_.end(), is_clip);
  ClipItem& item = passed.emplace_back(std::move(*oldest));
  queue_.erase(oldest);
  --stream_.waiting;
  item.outcome = Dropped{};
  item.ticket->mark_dropped();
  emit_(item);
}

void ClipGate::done(const ClipTicket& ticket) {
  std::atomic<std::int64_t>& counter = ticket.still()     ? stream_.still
                                       : ticket.failed()  ? stream_.failed
                                       : ticket.dropped() ? stream_.dropped
                                                          : stream_.windows;
  ++counter;
  if (&counter == &stream_.dropped) {
    if (ticket.dropped_by_stop()) ++stream_.dropped_by_stop;
    if (dropped_) dropped_(ticket.window());
  }
  std::vector<ClipItem> passed;
  {
    const std::lock_guard lock(mutex_);
    if (ticket.below) --below_;
    pump(passed);
  }
  passed.clear();
  room_();
}

bool ClipGate::has_room() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() < kFileQueue;
}

std::int64_t ClipGate::windows() const {
  const std::lock_guard lock(mutex_);
  return number_;
}

std::size_t ClipGate::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace actionflow
