use super::*;

#[test]
fn ids_order_by_time_across_nodes() {
    let earlier = OrderedIds::new(1023).next(Timestamp::from_millis(1_800_000_000_000));
    let later = OrderedIds::new(0).next(Timestamp::from_millis(1_800_000_000_001));
    assert!(earlier < later);
}

#[test]
fn ids_grow_also_when_the_clock_steps_back() {
    let ids = OrderedIds::starting_at(u32::MAX);
    let mut last = 0;
    for millis in [ID_EPOCH_MILLIS + 5, ID_EPOCH_MILLIS + 5, ID_EPOCH_MILLIS + 2] {
        for _ in 0..10_000 {
            let id = ids.next(Timestamp::from_millis(millis));
            assert!(id > last);
            last = id;
        }
    }
}

#[test]
fn nodes_draw_different_ids_in_the_same_millisecond() {
    let now = Timestamp::from_millis(ID_EPOCH_MILLIS + 1);
    let (one, two) = (OrderedIds::new(1), OrderedIds::new(2));
    let of_one: Vec<i64> = (0..4096).map(|_| one.next(now)).collect();
    assert!((0..4096).all(|_| !of_one.contains(&two.next(now))));
}

#[test]
fn moments_that_no_id_can_tell_lie_before_the_first_or_after_all() {
    let ids = OrderedIds::new(0);
    let drawn = ids.next(Timestamp::from_millis(1_800_000_000_000));
    for far in [ID_EPOCH_MILLIS + LAST_MILLI + 1, 4_102_444_800_000, 253_402_300_799_999, i64::MAX]
    {
        assert!(OrderedIds::first_at(Timestamp::from_millis(far)) > drawn, "{far}");
    }
    assert_eq!(OrderedIds::first_at(Timestamp::from_millis(i64::MIN)), 0);
}
