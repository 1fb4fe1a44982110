/** The wall's entry. No component library here: tiles, an alarm cell and keys need none of it. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../shared/page.css';
import '../shared/tile.css';
import './wall.css';
import { openPlayerPage, PlayerPage } from '../player/use-player.ts';
import { Wall } from './wall.tsx';

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(
    <StrictMode>
      <PlayerPage value={openPlayerPage()}>
        <Wall />
      </PlayerPage>
    </StrictMode>,
  );
}
