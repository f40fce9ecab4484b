;; Weighted sums of float pixels, eight at a time. Lengths and places are in bytes; rows are multiples of 32 bytes.
(module
  (memory (export "memory") 16)

  ;; Each value of a row and, on either side, its neighbours `step` apart, by the weights from the middle one outwards.
  (func (export "across") (param $from i32) (param $to i32) (param $length i32) (param $step i32) (param $weights i32) (param $reach i32)
    (local $k i32) (local $i i32) (local $left i32) (local $right i32) (local $w i32)
    (local $a v128) (local $b v128) (local $weight v128)
    (loop $values
      (local.set $left (i32.add (local.get $from) (local.get $k)))
      (local.set $right (local.get $left))
      (local.set $w (local.get $weights))
      (local.set $weight (v128.load32_splat (local.get $w)))
      (local.set $a (f32x4.mul (local.get $weight) (v128.load (local.get $left))))
      (local.set $b (f32x4.mul (local.get $weight) (v128.load offset=16 (local.get $left))))
      (local.set $i (local.get $reach))
      (if (local.get $i) (then
        (loop $neighbours
          (local.set $left (i32.sub (local.get $left) (local.get $step)))
          (local.set $right (i32.add (local.get $right) (local.get $step)))
          (local.set $w (i32.add (local.get $w) (i32.const 4)))
          (local.set $weight (v128.load32_splat (local.get $w)))
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (local.get $weight) (f32x4.add (v128.load (local.get $left)) (v128.load (local.get $right))))))
          (local.set $b (f32x4.add (local.get $b)
            (f32x4.mul (local.get $weight) (f32x4.add (v128.load offset=16 (local.get $left)) (v128.load offset=16 (local.get $right))))))
          (br_if $neighbours (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
      (v128.store (i32.add (local.get $to) (local.get $k)) (local.get $a))
      (v128.store offset=16 (i32.add (local.get $to) (local.get $k)) (local.get $b))
      (br_if $values (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 32))) (local.get $length)))))

  ;; Each value of the row whose place is at `middle` in a list of places, and of as many rows before and after it.
  (func (export "down") (param $middle i32) (param $to i32) (param $length i32) (param $weights i32) (param $reach i32)
    (local $k i32) (local $i i32) (local $above i32) (local $below i32) (local $w i32) (local $p i32) (local $q i32)
    (local $a v128) (local $b v128) (local $weight v128)
    (loop $values
      (local.set $p (local.get $middle))
      (local.set $q (local.get $middle))
      (local.set $w (local.get $weights))
      (local.set $weight (v128.load32_splat (local.get $w)))
      (local.set $above (i32.add (i32.load (local.get $middle)) (local.get $k)))
      (local.set $a (f32x4.mul (local.get $weight) (v128.load (local.get $above))))
      (local.set $b (f32x4.mul (local.get $weight) (v128.load offset=16 (local.get $above))))
      (local.set $i (local.get $reach))
      (if (local.get $i) (then
        (loop $neighbours
          (local.set $p (i32.sub (local.get $p) (i32.const 4)))
          (local.set $q (i32.add (local.get $q) (i32.const 4)))
          (local.set $above (i32.add (i32.load (local.get $p)) (local.get $k)))
          (local.set $below (i32.add (i32.load (local.get $q)) (local.get $k)))
          (local.set $w (i32.add (local.get $w) (i32.const 4)))
          (local.set $weight (v128.load32_splat (local.get $w)))
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (local.get $weight) (f32x4.add (v128.load (local.get $above)) (v128.load (local.get $below))))))
          (local.set $b (f32x4.add (local.get $b)
            (f32x4.mul (local.get $weight) (f32x4.add (v128.load offset=16 (local.get $above)) (v128.load offset=16 (local.get $below))))))
          (br_if $neighbours (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
      (v128.store (i32.add (local.get $to) (local.get $k)) (local.get $a))
      (v128.store offset=16 (i32.add (local.get $to) (local.get $k)) (local.get $b))
      (br_if $values (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 32))) (local.get $length))))))
